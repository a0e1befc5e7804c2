//! The timeouts of a shutdown.

use std::time::Duration;

/// The time that requests in flight have at a shutdown: for their body, for their use case, and some reserve.
pub(super) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(15);
