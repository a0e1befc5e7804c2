//! `POST /users/{id}/end-sessions`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::model::{EndReason, UserId};
use auth_domain::ports::PortError;
use auth_verifier::{AuthError, bearer};
use serde::Serialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::app::AppState;
use crate::http::run_to_completion::run_to_completion;
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
    authenticate(&request, &state)?;
    let user_id: UserId = user_id
        .parse()
        .map_err(|_| ApiError::InvalidRequest("The user in the address must be a UUID.".to_owned()))?;
    events::will_have_event(&request);
    let (app, request_time, client) = (state.clone(), state.request_time(), state.client(&request));
    let sessions_ended = run_to_completion(&state, async move {
        let result =
            app.end_sessions.all(user_id, EndReason::Revoked, request_time).await.map_err(SessionsNotEnded);
        events::sessions_ended(&app, &result, user_id, client);
        result
    })
    .await?;
    Ok(HttpResponse::Ok().json(SessionsEndedResponse { sessions_ended }))
}

/// Compares digests in constant time, so that the time reveals neither a matching prefix nor the length of the secret.
///
/// The right secret is never limited: it is worth 2^96 guesses, and an attacker must not keep the platform out (S-92).
fn authenticate(request: &HttpRequest, state: &AppState) -> Result<(), ApiError> {
    let secret = state.admin_secret.as_ref().ok_or(ApiError::NotFound)?;
    let rejection = match bearer(request.headers()) {
        Ok(presented) if is_equal(presented, secret.expose()) => return Ok(()),
        Ok(_) => AuthError::InvalidToken { presented: true },
        Err(rejection @ AuthError::InvalidToken { presented: true }) => rejection,
        // A request without a secret is no guess, so it is not counted.
        Err(rejection) => return Err(rejection.into()),
    };
    let client = state.client(request);
    let wrong = state.wrong_secrets.count(client, state.clock.instant());
    events::wrong_admin_secret(&wrong, client);
    Err(wrong.retry_after.map_or_else(|| rejection.into(), ApiError::RateLimited))
}

fn is_equal(presented: &str, secret: &str) -> bool {
    let [presented, secret] = [presented, secret].map(|text| Sha256::digest(text.as_bytes()));
    presented.as_slice().ct_eq(secret.as_slice()).into()
}
