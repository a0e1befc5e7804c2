//! The events of a login.

use auth_domain::model::LimitKey;
use auth_domain::use_cases::{LoggedIn, LoginError, LoginRejection};

use super::ports::{port_error, unreadable_row};
use super::publish::publish;
use crate::audit::{Actor, Details, Occurrence, SecurityEvent, Source, Text};
use crate::metrics::{Counted, Metrics};

const OPERATION: &str = "login";

/// Publishes and counts the result of a login; `email` is the keyed hash of its email.
pub(in crate::http) fn login(
    metrics: &Metrics,
    result: &Result<LoggedIn, LoginError>,
    email: LimitKey,
    source: &Source,
) {
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
            let user_id = tokens.user_id;
            let event = Occurrence::new(SecurityEvent::LoginSucceeded, Actor::User(user_id));
            publish(source, &event.user(user_id).session(tokens.session_id).reason(&reason));
            for cause in errors {
                port_error(OPERATION, cause);
            }
        }
        Err(LoginError::InvalidCredentials { rejection, user_id }) => {
            let event = Occurrence::new(SecurityEvent::LoginFailed, Actor::Anonymous).reason(&reason);
            // The hash of an email is for emails that no user has.
            let unknown = user_id.is_none().then_some(email);
            publish(source, &event.user(*user_id).email(unknown));
            if let LoginRejection::UnreadableRow(row) = rejection {
                unreadable_row(OPERATION, row);
            }
        }
        Err(LoginError::RateLimited { limit, retry_after }) => {
            metrics.login_block(*limit);
            let (limit, retry_after_s) = (Some(Text(limit)), Some(retry_after.as_secs()));
            let event = Occurrence::new(SecurityEvent::LoginBlocked, Actor::Anonymous);
            let event = event.email(email).reason(&reason);
            publish(source, &event.details(Details { limit, retry_after_s, ..Details::default() }));
        }
        Err(LoginError::Port(cause)) => port_error(OPERATION, cause),
    }
}
