//! The deadline of a request.

use std::time::Duration;

use auth_domain::model::RequestTime;
use auth_domain::ports::{Clock, start_request};

/// The time that a request may take, after its last byte has arrived.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts the time of a request that has arrived.
pub(super) fn request_time(clock: &dyn Clock) -> RequestTime {
    start_request(clock, REQUEST_TIMEOUT)
}
