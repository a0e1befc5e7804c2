//! The difference between two times that is no mistake of a clock.

use std::time::Duration;

use super::to_microseconds;

/// How far in the future a stored time may be, compared with a request. Concurrent requests do not reach the store in the order of
/// their start, and may take 5 s each. The clocks of two instances differ by up to 4 s: each by 2 s from that of the store (S-88).
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(10);

/// Whether a stored time is that of a clock that was ahead.
pub(super) fn is_ahead(stored: i64, now: i64) -> bool {
    stored > now.saturating_add(to_microseconds(CLOCK_TOLERANCE))
}
