//! `POST /api/v1/auth/logout`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::model::PresentedRefreshToken;
use auth_domain::use_cases::LogoutCommand;

use crate::app::AppState;
use crate::http::error::ErrorResponse;
use crate::http::form::Form;
use crate::http::run_to_completion::run_to_completion;
use crate::http::schemas::{CommonAnswers, RefreshTokenRequest};
use crate::http::{ApiError, body, events};

/// Ends a session of the caller.
///
/// The refresh token names the session, and belongs to the user of the access token. Every token of the session is dead
/// after the 204. After a 503 the call can be repeated with the same tokens.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    tag = "auth",
    request_body = RefreshTokenRequest,
    security(("bearer" = [])),
    responses(
        (status = 204, description = "The session has ended; its refresh token and access tokens are dead"),
        (status = 401, body = ErrorResponse, description = "`invalid_token`: no valid bearer; `invalid_refresh_token`: not the caller's", headers(("WWW-Authenticate" = String))),
        CommonAnswers,
    ),
)]
pub(in crate::http) async fn logout(
    request: HttpRequest,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    // Strict, whatever mode the others are in: a repeat after a completed logout is 401.
    let caller = state.strict_verifier.verify(&request).await?;
    let body = body::read(&request, payload).await?;
    let mut form = Form::parse(&body)?;
    let refresh_token = form.refresh_token();
    let refresh_token = form.finish(refresh_token)?;

    let user_id = caller.user_id;
    let refresh_token = PresentedRefreshToken::parse(&refresh_token);
    let command = LogoutCommand { caller, refresh_token, request_time: state.request_time() };
    let client = state.client(&request);
    events::will_have_event(&request);
    let app = state.clone();
    run_to_completion(&state, async move {
        let result = app.logout.run(command).await;
        events::logout(&app, &result, user_id, client);
        result
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
