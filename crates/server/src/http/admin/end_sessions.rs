//! `POST /users/{id}/end-sessions`

use actix_web::http::header::HeaderMap;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::model::{EndReason, UserId};
use auth_domain::ports::PortError;
use hooksentry_auth_guard::{Refusal, bearer};
use serde::Serialize;
use subtle::ConstantTimeEq;

use crate::app::AppState;
use crate::http::to_the_end::to_the_end;
use crate::http::{ApiError, events};

/// Some of the user's sessions may go on, and the call has to be repeated.
pub(in crate::http) struct SessionsNotEnded(pub(in crate::http) PortError);

/// What the platform is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionsEndedResponse {
    sessions_ended: usize,
}

/// Ends every session of a user, for the platform when it changed his password or barred him.
///
/// Repeating it changes nothing. A body is not read.
pub(super) async fn end_sessions(
    request: HttpRequest,
    user_id: Path<String>,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    authenticate(request.headers(), &state)?;
    let user_id: UserId = user_id
        .parse()
        .map_err(|_| ApiError::InvalidRequest("The user in the address must be a UUID.".to_owned()))?;
    events::will_have_event(&request);
    let (app, timing, client) = (state.clone(), state.timing(), state.client(&request));
    let sessions_ended = to_the_end(&state, async move {
        let result =
            app.sessions.end_all(user_id, EndReason::Revoked, timing).await.map_err(SessionsNotEnded);
        events::sessions_ended(&app, &result, user_id, client);
        result
    })
    .await?;
    Ok(HttpResponse::Ok().json(SessionsEndedResponse { sessions_ended }))
}

/// Compares in constant time: how much of a guess was right must not show.
fn authenticate(headers: &HeaderMap, state: &AppState) -> Result<(), ApiError> {
    let presented = bearer(headers)?;
    let secret = state.admin_secret.as_ref().ok_or(ApiError::NotFound)?;
    let is_right: bool = presented.as_bytes().ct_eq(secret.expose().as_bytes()).into();
    if is_right { Ok(()) } else { Err(Refusal::InvalidToken { presented: true }.into()) }
}
