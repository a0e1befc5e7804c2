//! `POST /api/v1/auth/refresh`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::model::LimitKeys;
use auth_domain::ports::Clock;
use auth_domain::use_cases::{Refresh, RefreshCommand};
use tracing::{Instrument, debug_span};

use crate::http::error::{ApiError, ErrorResponse};
use crate::http::idempotency_key::idempotency_key;
use crate::http::request_state::RequestState;
use crate::http::requests::RefreshRequest;
use crate::http::run_to_completion::UseCaseTasks;
use crate::http::schemas::{BodyErrors, TokensIssued};
use crate::http::token_response::token_response;
use crate::http::{body, events};
use crate::metrics::Metrics;

/// Exchanges a refresh token for a new token pair.
///
/// A refresh token works once. Presenting a used token ends its session, except within the grace period of the token that
/// was replaced last; the installation chooses whether that token gets a 401 then, or the same successor. With an
/// `Idempotency-Key`, the call is safe to repeat. Beyond the limits of refreshes of a session or a user it is 429, and the
/// token is not consumed.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    tag = "auth",
    request_body = RefreshRequest,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
        description = "Makes the call safe to repeat: the same token with the same key gets the same successor")),
    responses(
        TokensIssued,
        (status = 401, body = ErrorResponse, description = "`invalid_refresh_token`: not a live refresh token", headers(("WWW-Authenticate" = String))),
        (status = 429, body = ErrorResponse, description = "`rate_limited`: too many refreshes of the session or the user within a minute, or too many retries of one rotation; the token was not used", headers(("Retry-After" = u64))),
        BodyErrors,
    ),
)]
pub(in crate::http) async fn refresh(
    request: HttpRequest,
    payload: Payload,
    refresh: Data<Refresh>,
    limit_keys: Data<LimitKeys>,
    clock: Data<dyn Clock>,
    tasks: Data<UseCaseTasks>,
    metrics: Data<Metrics>,
) -> Result<HttpResponse, ApiError> {
    let (body, request_time) = body::read::<RefreshRequest>(&request, payload, &**clock).await?;
    let command = RefreshCommand {
        refresh_token: body.parse()?,
        client: RequestState::client(&request).address.map(|address| limit_keys.address(address)),
        idempotency_key: idempotency_key(request.headers())?,
        request_time,
    };

    events::will_have_event(&request);
    let source = events::source(&request);
    let run = tasks.run(async move {
        let result = refresh.run(command).instrument(debug_span!("refresh")).await;
        events::refresh(&metrics, &result, &source);
        result
    });
    token_response(&run.await?.tokens)
}
