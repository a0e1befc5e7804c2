//! `POST /users/{id}/end-sessions`

use actix_web::web::{Data, Path};
use actix_web::{Error, HttpRequest, HttpResponse};
use auth_domain::model::{EndReason, UserId};
use auth_domain::ports::{Clock, PortErrorKind};
use auth_domain::use_cases::{EndAllSessionsError, EndSessions};
use serde::Serialize;
use tracing::{Instrument, debug_span};

use crate::http::admin_secret::AdminSecret;
use crate::http::error::ApiError;
use crate::http::events;
use crate::http::request_time::request_time;
use crate::http::run_to_completion::UseCaseTasks;

impl From<EndAllSessionsError> for ApiError {
    fn from(error: EndAllSessionsError) -> Self {
        match error.cause().kind() {
            PortErrorKind::Unavailable
            | PortErrorKind::Unanswered
            | PortErrorKind::Overloaded
            | PortErrorKind::Misconfigured => Self::SessionsNotEnded,
            PortErrorKind::Corrupt => Self::Internal,
        }
    }
}

/// The response to the HookSentry platform.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionsEndedResponse {
    sessions_ended: usize,
}

/// Ends every session of a user, and forgets the known addresses of their email. The HookSentry platform calls it after a password
/// change or a deactivation.
///
/// Repeating it changes nothing. A body is not read.
pub(super) async fn end_sessions(
    request: HttpRequest,
    user_id: Path<String>,
    secret: Data<AdminSecret>,
    end_sessions: Data<EndSessions>,
    clock: Data<dyn Clock>,
    tasks: Data<UseCaseTasks>,
) -> Result<HttpResponse, Error> {
    secret.check(&request)?;
    let user_id: UserId = user_id
        .parse()
        .map_err(|_| ApiError::InvalidRequest("The user in the address must be a UUID.".to_owned()))?;
    let request_time = request_time(&**clock);
    events::will_have_event(&request);
    let source = events::source(&request);
    let run = tasks.run(async move {
        let ending = end_sessions.all(user_id, EndReason::Revoked, request_time);
        let result = ending.instrument(debug_span!("end_sessions")).await;
        events::sessions_ended(&result, user_id, &source);
        result
    });
    let sessions_ended = run.await?;
    Ok(HttpResponse::Ok().json(SessionsEndedResponse { sessions_ended }))
}
