//! The events of a refresh.

use auth_domain::model::SessionRef;
use auth_domain::use_cases::{RefreshError, RefreshKind, RefreshRejection, Refreshed};

use super::ports::port_error;
use super::publish::publish;
use crate::audit::{Actor, Details, Occurrence, SecurityEvent, Source, Text};
use crate::metrics::{Counted, Metrics};

/// Publishes and counts the result of a refresh.
pub(in crate::http) fn refresh(metrics: &Metrics, result: &Result<Refreshed, RefreshError>, source: &Source) {
    let counted = counted(result);
    let reason = counted.reason;
    metrics.refresh(counted);
    match result {
        Ok(Refreshed { tokens, kind }) => {
            let same_address = match kind {
                RefreshKind::Rotated | RefreshKind::Retried => None,
                RefreshKind::Shared { same_address } => *same_address,
            };
            let event = Occurrence::new(SecurityEvent::RefreshSucceeded, Actor::User(tokens.user_id));
            let event = event.user(tokens.user_id).session(tokens.session_id).reason(&reason);
            publish(source, &event.details(Details { same_address, ..Details::default() }));
        }
        Err(RefreshError::InvalidRefreshToken { rejection, session }) => {
            rejected(*rejection, reason, *session, source);
        }
        Err(RefreshError::RateLimited { limit, retry_after, session }) => {
            let limit = limit.name();
            let (limit, retry_after_s) = (Some(Text(&limit)), Some(retry_after.as_secs()));
            let event = Occurrence::new(SecurityEvent::RefreshBlocked, Actor::User(session.user_id));
            let event = event.user(session.user_id).session(session.session_id);
            let details = Details { limit, retry_after_s, ..Details::default() };
            publish(source, &event.reason(&reason).details(details));
        }
        Err(RefreshError::Port(cause)) => port_error("refresh", cause),
    }
}

fn counted(result: &Result<Refreshed, RefreshError>) -> Counted {
    match result {
        Ok(Refreshed { kind, .. }) => (*kind).into(),
        Err(RefreshError::RateLimited { .. }) => Counted::REFRESH_BLOCKED,
        Err(RefreshError::InvalidRefreshToken { rejection, .. }) => (*rejection).into(),
        Err(RefreshError::Port(cause)) => cause.into(),
    }
}

/// Publishes a rejection. The client may be another one than that of the session, so it stays anonymous.
fn rejected(rejection: RefreshRejection, reason: &'static str, session: Option<SessionRef>, source: &Source) {
    let (kind, same_address) = match rejection {
        RefreshRejection::ReuseDetected { same_address, .. } => {
            (SecurityEvent::RefreshReuseDetected, same_address)
        }
        RefreshRejection::AlreadyUsed { same_address } => {
            (SecurityEvent::RefreshTokenReusedInGracePeriod, same_address)
        }
        RefreshRejection::Malformed
        | RefreshRejection::Unknown
        | RefreshRejection::Expired
        | RefreshRejection::SessionEnded(_) => (SecurityEvent::RefreshFailed, None),
    };
    let event = Occurrence::new(kind, Actor::Anonymous).reason(&reason);
    let event = event.user(session.map(|session| session.user_id));
    let event = event.session(session.map(|session| session.session_id));
    publish(source, &event.details(Details { same_address, ..Details::default() }));
}
