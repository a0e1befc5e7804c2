//! The events of a logout.

use auth_domain::model::{Event, SessionRef, UserId};
use auth_domain::use_cases::LogoutError;
use tracing::{info, warn};

use super::ports::port_error;
use super::request::record;
use crate::metrics::{Counted, Metrics};

/// Logs and counts the result of a logout.
pub(in crate::http) fn logout(
    metrics: &Metrics,
    result: &Result<Option<SessionRef>, LogoutError>,
    caller: UserId,
) {
    let counted = match result {
        Ok(_) => Counted::LOGGED_OUT,
        Err(LogoutError::InvalidRefreshToken) => Counted::FOREIGN_TOKEN,
        Err(LogoutError::Port(cause)) => cause.into(),
    };
    let reason = counted.reason;
    metrics.logout(counted);
    let session = result.as_ref().ok().copied().flatten();
    record(Some(caller), session.map(|session| session.session_id));
    match result {
        Ok(_) => info!(event = Event::LogoutSucceeded.name(), reason, "logged out"),
        Err(LogoutError::InvalidRefreshToken) => {
            warn!(event = Event::LogoutForeignToken.name(), reason, "the refresh token is not the caller's");
        }
        Err(LogoutError::Port(cause)) => port_error("logout", cause),
    }
}
