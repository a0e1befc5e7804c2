//! The events of a refresh.

use auth_domain::model::{Event, SessionRef};
use auth_domain::use_cases::{RefreshError, RefreshKind, RefreshRejection, Refreshed};
use tracing::{info, warn};

use super::ports::port_error;
use super::request::record;
use crate::metrics::{Counted, Metrics};

/// Logs and counts the result of a refresh.
pub(in crate::http) fn refresh(metrics: &Metrics, result: &Result<Refreshed, RefreshError>) {
    let counted = counted(result);
    let reason = counted.reason;
    metrics.refresh(counted);
    match result {
        Ok(Refreshed { tokens, kind }) => {
            record(Some(tokens.user_id), Some(tokens.session_id));
            let same_address = match kind {
                RefreshKind::Rotated | RefreshKind::Retried => None,
                RefreshKind::Shared { same_address } => *same_address,
            };
            info!(event = Event::RefreshSucceeded.name(), reason, same_address, "refreshed");
        }
        Err(RefreshError::InvalidRefreshToken { rejection, session }) => {
            rejected(*rejection, reason, *session);
        }
        Err(RefreshError::RateLimited { limit, retry_after, session }) => {
            record(Some(session.user_id), Some(session.session_id));
            let (limit, retry_after_s) = (limit.name(), retry_after.as_secs());
            info!(
                event = Event::RefreshBlocked.name(),
                reason, limit, retry_after_s, "refresh blocked by a limit"
            );
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

fn rejected(rejection: RefreshRejection, reason: &'static str, session: Option<SessionRef>) {
    record(session.map(|session| session.user_id), session.map(|session| session.session_id));
    match rejection {
        RefreshRejection::ReuseDetected { same_address } => {
            warn!(
                event = Event::RefreshReuseDetected.name(),
                reason, same_address, "a used refresh token was presented again; the session ended"
            );
        }
        RefreshRejection::AlreadyUsed { same_address } => {
            info!(
                event = Event::RefreshTokenReusedInGracePeriod.name(),
                reason,
                same_address,
                "a used refresh token was presented again in its grace period; nothing ended"
            );
        }
        RefreshRejection::Malformed
        | RefreshRejection::Unknown
        | RefreshRejection::Expired
        | RefreshRejection::SessionEnded(_) => {
            info!(event = Event::RefreshFailed.name(), reason, "refresh rejected");
        }
    }
}
