//! `POST /api/v1/auth/refresh`

use actix_web::http::header::HeaderValue;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::model::PresentedRefreshToken;
use auth_domain::use_cases::RefreshCommand;

use crate::app::AppState;
use crate::http::error::ErrorResponse;
use crate::http::form::{Form, idempotency_key};
use crate::http::run_to_completion::run_to_completion;
use crate::http::schemas::{CommonAnswers, RefreshTokenRequest, TokensIssued};
use crate::http::token_response::token_response;
use crate::http::{ApiError, body, events};

/// Exchanges a refresh token for a new token pair.
///
/// A refresh token works once. Reuse ends its whole session, except for the token that was replaced within the last
/// seconds. With an `Idempotency-Key` the call is safe to repeat.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    tag = "auth",
    request_body = RefreshTokenRequest,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
        description = "Makes the call safe to repeat: the same token with the same key gets the same successor")),
    responses(
        TokensIssued,
        (status = 401, body = ErrorResponse, description = "`invalid_refresh_token`: not a live refresh token", headers(("WWW-Authenticate" = String))),
        CommonAnswers,
    ),
)]
pub(in crate::http) async fn refresh(
    request: HttpRequest,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let body = body::read(&request, payload).await?;
    let mut form = Form::parse(&body)?;
    let refresh_token = form.refresh_token();
    let refresh_token = form.finish(refresh_token)?;
    let keys = request.headers().get_all("idempotency-key").map(HeaderValue::as_bytes);

    let client = state.client(&request);
    let command = RefreshCommand {
        refresh_token: PresentedRefreshToken::parse(&refresh_token),
        client: client.map(|client| state.address_hash(client)),
        idempotency_key: idempotency_key(keys)?,
        request_time: state.request_time(),
    };
    events::will_have_event(&request);
    let app = state.clone();
    let refreshed = run_to_completion(&state, async move {
        let result = app.refresh.run(command).await;
        events::refresh(&app, &result, client);
        result
    })
    .await?;
    token_response(&refreshed.tokens)
}
