//! The events of a refresh.

use auth_domain::model::{Event, SessionRef};
use auth_domain::use_cases::{RefreshError, RefreshKind, RefreshRejection, Refreshed};
use tracing::{info, warn};

use super::ports::port_error;
use super::request::record;
use crate::metrics::{Metrics, Outcome};

/// Logs and counts the result of a refresh.
pub(in crate::http) fn refresh(metrics: &Metrics, result: &Result<Refreshed, RefreshError>) {
    metrics.refresh(outcome(result));
    match result {
        Ok(Refreshed { tokens, kind }) => {
            record(Some(tokens.user_id), Some(tokens.session_id));
            let (reason, same_address) = match kind {
                RefreshKind::Rotated => ("rotated", None),
                RefreshKind::Retried => ("retried", None),
                RefreshKind::Shared { same_address } => ("shared", *same_address),
            };
            info!(event = Event::RefreshSucceeded.name(), reason, same_address, "refreshed");
        }
        Err(RefreshError::InvalidRefreshToken { rejection, session }) => rejected(*rejection, *session),
        Err(RefreshError::RateLimited { limit, retry_after, session }) => {
            record(Some(session.user_id), Some(session.session_id));
            let (reason, limit, retry_after_s) = ("too_many_refreshes", limit.name(), retry_after.as_secs());
            info!(
                event = Event::RefreshBlocked.name(),
                reason, limit, retry_after_s, "refresh blocked by a limit"
            );
        }
        Err(RefreshError::Port(cause)) => port_error("refresh", cause),
    }
}

fn outcome(result: &Result<Refreshed, RefreshError>) -> Outcome {
    match result {
        Ok(Refreshed { kind, .. }) => match kind {
            RefreshKind::Rotated => Outcome::Rotated,
            RefreshKind::Retried => Outcome::Retried,
            RefreshKind::Shared { .. } => Outcome::Shared,
        },
        Err(RefreshError::RateLimited { .. }) => Outcome::RateLimited,
        Err(RefreshError::InvalidRefreshToken { rejection, .. }) => match rejection {
            RefreshRejection::ReuseDetected { .. } => Outcome::ReuseDetected,
            RefreshRejection::AlreadyUsed { .. } => Outcome::ReusedInGracePeriod,
            RefreshRejection::Malformed
            | RefreshRejection::Unknown
            | RefreshRejection::Expired
            | RefreshRejection::SessionEnded(_) => Outcome::Failed,
        },
        Err(RefreshError::Port(cause)) => cause.into(),
    }
}

fn rejected(rejection: RefreshRejection, session: Option<SessionRef>) {
    record(session.map(|session| session.user_id), session.map(|session| session.session_id));
    match rejection {
        RefreshRejection::ReuseDetected { same_address } => {
            warn!(event = Event::RefreshReuseDetected.name(), reason = %rejection, same_address, "a used refresh token was presented again; the session ended");
        }
        RefreshRejection::AlreadyUsed { same_address } => {
            info!(event = Event::RefreshTokenReusedInGracePeriod.name(), reason = %rejection, same_address, "a used refresh token was presented again in its grace period; nothing ended");
        }
        RefreshRejection::Malformed
        | RefreshRejection::Unknown
        | RefreshRejection::Expired
        | RefreshRejection::SessionEnded(_) => {
            info!(event = Event::RefreshFailed.name(), reason = %rejection, "refresh rejected");
        }
    }
}
