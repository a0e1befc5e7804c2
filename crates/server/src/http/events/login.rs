//! The events of a login.

use auth_domain::model::{Event, LimitKey};
use auth_domain::use_cases::{LoggedIn, LoginError, LoginRejection};
use tracing::{info, warn};

use super::ports::{port_error, unreadable_row};
use super::request::record;
use crate::metrics::{Counted, Metrics};

const OPERATION: &str = "login";

/// Logs and counts the result of a login; `email` is the keyed hash of its email.
pub(in crate::http) fn login(metrics: &Metrics, result: &Result<LoggedIn, LoginError>, email: LimitKey) {
    let counted = match result {
        Ok(_) => Counted::LOGGED_IN,
        Err(LoginError::InvalidCredentials { rejection, .. }) => (*rejection).into(),
        Err(LoginError::RateLimited { .. }) => Counted::LOGIN_BLOCKED,
        Err(LoginError::Port(cause)) => cause.into(),
    };
    let reason = counted.reason;
    metrics.login(counted);
    match result {
        Ok(LoggedIn { tokens, errors }) => {
            record(Some(tokens.user_id), Some(tokens.session_id));
            info!(event = Event::LoginSucceeded.name(), reason, "logged in");
            for cause in errors {
                port_error(OPERATION, cause);
            }
        }
        Err(LoginError::InvalidCredentials { rejection, user_id }) => {
            record(*user_id, None);
            if let LoginRejection::UnreadableRow(row) = rejection {
                unreadable_row(OPERATION, row);
            }
            info!(event = Event::LoginFailed.name(), reason, "login rejected");
        }
        Err(LoginError::RateLimited { limit, retry_after }) => {
            metrics.login_block(*limit);
            record(None, None);
            let retry_after_s = retry_after.as_secs();
            warn!(event = Event::LoginBlocked.name(), reason, %limit, email_hash = %email, retry_after_s, "login blocked by the limit");
        }
        Err(LoginError::Port(cause)) => port_error(OPERATION, cause),
    }
}
