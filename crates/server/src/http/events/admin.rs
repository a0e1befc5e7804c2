//! The events of the admin listener.

use auth_domain::model::UserId;
use auth_domain::use_cases::EndAllSessionsError;

use super::ports::port_error;
use super::publish::publish;
use super::request::record;
use crate::audit::{self, Actor, Details, Occurrence, SecurityEvent, Source};
use crate::http::wrong_secrets::WrongSecret;

/// Publishes whether all sessions of a user ended at the request of the HookSentry platform.
pub(in crate::http) fn sessions_ended(
    result: &Result<usize, EndAllSessionsError>,
    user_id: UserId,
    source: &Source,
) {
    let count = match result {
        Ok(count) | Err(EndAllSessionsError::KnownAddresses { sessions_ended: count, .. }) => Some(*count),
        Err(EndAllSessionsError::Sessions(_)) => None,
    };
    record(Some(user_id), None);
    if let Some(count) = count {
        let event = Occurrence::new(SecurityEvent::SessionsEnded, Actor::Platform).user(user_id);
        let details = Details { count: Some(count as u64), ..Details::default() };
        publish(source, &event.reason(&"platform").details(details));
    }
    if let Err(error) = result {
        port_error("end_sessions", error.cause());
    }
}

/// Publishes a wrong admin secret. The log has the 1st, 10th, 100th … in a row from one client (S-92).
pub(in crate::http) fn wrong_admin_secret(wrong: &WrongSecret, source: &Source) {
    let (count, limited) = (Some(wrong.in_a_row), Some(wrong.retry_after.is_some()));
    let event = Occurrence::new(SecurityEvent::AdminSecretWrong, Actor::Anonymous).reason(&"wrong_secret");
    let event = event.details(Details { count, limited, ..Details::default() });
    if wrong.is_logged() {
        publish(source, &event);
    } else {
        audit::record(source, &event);
    }
}
