//! The events of the admin listener.

use auth_domain::model::{Event, UserId};
use auth_domain::use_cases::EndAllSessionsError;
use tracing::{info, warn};

use super::ports::port_error;
use super::request::record;
use crate::http::wrong_secrets::WrongSecret;

/// Logs whether all sessions of a user ended at the request of the HookSentry platform.
pub(in crate::http) fn sessions_ended(result: &Result<usize, EndAllSessionsError>, user_id: UserId) {
    record(Some(user_id), None);
    let count = match result {
        Ok(count) | Err(EndAllSessionsError::KnownAddresses { sessions_ended: count, .. }) => Some(count),
        Err(EndAllSessionsError::Sessions(_)) => None,
    };
    if let Some(count) = count {
        info!(
            event = Event::SessionsEnded.name(),
            reason = "platform",
            count,
            "the platform ended all sessions of a user"
        );
    }
    if let Err(error) = result {
        port_error("end_sessions", error.cause());
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
