//! The events of a rejected bearer token.

use actix_web::HttpRequest;
use auth_domain::model::Event;
use auth_domain::use_cases::VerifyAccessTokenError;
use tracing::info;

use super::ports::port_error;
use super::request::will_have_event;

/// Logs why a bearer token was rejected.
pub(crate) fn rejected_bearer(request: &HttpRequest, rejection: &VerifyAccessTokenError) {
    will_have_event(request);
    let reason = match rejection {
        VerifyAccessTokenError::Invalid(reason) => reason.to_string(),
        VerifyAccessTokenError::Revoked => "revoked".to_owned(),
        VerifyAccessTokenError::Port(cause) => return port_error("verify", cause),
    };
    info!(event = Event::AccessTokenRejected.name(), reason, "access token rejected");
}
