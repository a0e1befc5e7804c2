//! The events of a logout.

use auth_domain::model::{SessionRef, UserId};
use auth_domain::use_cases::LogoutError;

use super::ports::port_error;
use super::publish::publish;
use super::request::record;
use crate::audit::{Actor, Occurrence, SecurityEvent, Source};
use crate::metrics::{Counted, Metrics};

/// Publishes and counts the result of a logout.
pub(in crate::http) fn logout(
    metrics: &Metrics,
    result: &Result<Option<SessionRef>, LogoutError>,
    caller: UserId,
    source: &Source,
) {
    let counted = match result {
        Ok(_) => Counted::LOGGED_OUT,
        Err(LogoutError::InvalidRefreshToken) => Counted::FOREIGN_TOKEN,
        Err(LogoutError::Port(cause)) => cause.into(),
    };
    let reason = counted.reason;
    metrics.logout(counted);
    let event = |kind| Occurrence::new(kind, Actor::User(caller)).user(caller);
    match result {
        Ok(session) => {
            let session_id = session.map(|session| session.session_id);
            let event = event(SecurityEvent::LogoutSucceeded);
            publish(source, &event.session(session_id).reason(&reason));
        }
        Err(LogoutError::InvalidRefreshToken) => {
            publish(source, &event(SecurityEvent::LogoutForeignToken).reason(&reason));
        }
        Err(LogoutError::Port(cause)) => {
            record(Some(caller), None);
            port_error("logout", cause);
        }
    }
}
