//! Times to wait, in whole seconds.

use std::time::Duration;

/// Rounds up, because an attempt that comes early is rejected again. `Retry-After` has whole seconds (RFC 9110 §10.2.3).
pub(crate) fn whole_seconds_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
