//! The events of a refresh.

use auth_domain::model::{Event, SessionRef};
use auth_domain::use_cases::{RefreshError, RefreshRejection, Refreshed};
use tracing::{info, warn};

use super::ports::port_error;
use super::request::record;
use crate::metrics::{Metrics, Outcome};

/// Logs and counts the result of a refresh.
pub(in crate::http) fn refresh(metrics: &Metrics, result: &Result<Refreshed, RefreshError>) {
    metrics.refresh(outcome(result));
    match result {
        Ok(Refreshed { tokens, retried }) => {
            record(Some(tokens.user_id), Some(tokens.session_id));
            let reason = if *retried { "retried" } else { "rotated" };
            info!(event = Event::RefreshSucceeded.name(), reason, "refreshed");
        }
        Err(RefreshError::InvalidRefreshToken { rejection, session }) => rejected(*rejection, *session),
        Err(RefreshError::Port(cause)) => port_error("refresh", cause),
    }
}

fn outcome(result: &Result<Refreshed, RefreshError>) -> Outcome {
    match result {
        Ok(_) => Outcome::Succeeded,
        Err(RefreshError::InvalidRefreshToken { rejection, .. }) => match rejection {
            RefreshRejection::ReuseDetected => Outcome::ReuseDetected,
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
        RefreshRejection::ReuseDetected => {
            warn!(event = Event::RefreshReuseDetected.name(), reason = %rejection, "a used refresh token was presented again; the session ended");
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
