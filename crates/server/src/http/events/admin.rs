//! The events of the admin listener.

use auth_domain::model::{Event, UserId};
use auth_domain::ports::PortError;
use tracing::{info, warn};

use super::ports::port_error;
use super::request::record;
use crate::http::wrong_secrets::WrongSecret;

/// Logs whether all sessions of a user ended at the request of the HookSentry platform.
pub(in crate::http) fn sessions_ended(result: Result<usize, &PortError>, user_id: UserId) {
    record(Some(user_id), None);
    match result {
        Ok(count) => {
            info!(
                event = Event::SessionsEnded.name(),
                reason = "platform",
                count,
                "the platform ended all sessions of a user"
            );
        }
        Err(cause) => port_error("end_sessions", cause),
    }
}

/// Logs the 1st, 10th, 100th … wrong admin secret in a row from one client (S-92).
pub(in crate::http) fn wrong_admin_secret(wrong: &WrongSecret) {
    if wrong.is_logged() {
        record(None, None);
        let (count, limited) = (wrong.in_a_row, wrong.retry_after.is_some());
        warn!(
            event = Event::AdminSecretWrong.name(),
            reason = "wrong_secret",
            count,
            limited,
            "the admin secret was wrong"
        );
    }
}
