//! The log events of rejected tokens.

use std::error::Error;
use std::iter::successors;

use actix_web::{HttpMessage, HttpRequest};
use auth_domain::model::Event;
use auth_domain::ports::{PortError, PortErrorKind};
use auth_domain::use_cases::VerifyAccessTokenError;
use tracing::{error, info, warn};

/// Marks a request whose rejection the verifier has logged. An access log that finds it in the extensions of the request can
/// omit its own line.
#[derive(Clone, Copy, Debug)]
pub struct RejectionLogged;

/// Logs the rejection within the current span, and marks the request.
pub(crate) fn log_rejection(request: &HttpRequest, error: &VerifyAccessTokenError) {
    request.extensions_mut().insert(RejectionLogged);
    match error {
        VerifyAccessTokenError::Invalid(reason) => {
            info!(event = Event::AccessTokenRejected.name(), %reason, "access token rejected");
        }
        VerifyAccessTokenError::Revoked => {
            info!(event = Event::AccessTokenRejected.name(), reason = "revoked", "access token rejected");
        }
        VerifyAccessTokenError::Port(cause) => {
            let (kind, reason) = (cause.kind(), causes(cause));
            match kind {
                PortErrorKind::Unavailable | PortErrorKind::Unanswered | PortErrorKind::Overloaded => {
                    warn!(event = Event::Unavailable.name(), operation = "verify", %kind, reason, "cannot verify an access token: the denylist is unreachable");
                }
                PortErrorKind::Corrupt | PortErrorKind::Misconfigured => {
                    error!(event = Event::Defect.name(), operation = "verify", %kind, reason, "cannot verify an access token: the denylist rejects this service");
                }
            }
        }
    }
}

/// Returns the texts of all causes.
fn causes(error: &PortError) -> String {
    let texts = successors(error.source(), |cause: &&(dyn Error + 'static)| (**cause).source())
        .map(ToString::to_string);
    texts.collect::<Vec<_>>().join(": ")
}
