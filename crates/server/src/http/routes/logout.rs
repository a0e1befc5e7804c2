//! `POST /api/v1/auth/logout`

use actix_web::web::{Data, Payload};
use actix_web::{Error, HttpRequest, HttpResponse};
use auth_domain::ports::Clock;
use auth_domain::use_cases::{Logout, LogoutCommand};
use auth_verifier::TokenVerifier;
use tracing::{Instrument, debug_span};

use crate::http::error::ErrorResponse;
use crate::http::requests::LogoutRequest;
use crate::http::run_to_completion::UseCaseTasks;
use crate::http::schemas::BodyErrors;
use crate::http::{body, events};
use crate::metrics::Metrics;

/// The verifier of a logout. It always asks the store, so that a repeated logout is 401 even if
/// `TOKENS__VERIFICATION` is `cached`.
pub(crate) struct StrictVerifier(pub(crate) TokenVerifier);

/// Ends a session of the caller.
///
/// The refresh token identifies the session, and must belong to the user of the access token. Every token of the session is
/// revoked after the 204. After a 503, the call can be repeated with the same tokens.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    tag = "auth",
    request_body = LogoutRequest,
    security(("bearer" = [])),
    responses(
        (status = 204, description = "The session has ended; its refresh token and access tokens are revoked"),
        (status = 401, body = ErrorResponse, description = "`invalid_token`: the bearer token is missing or not valid; `invalid_refresh_token`: the refresh token does not belong to the caller", headers(("WWW-Authenticate" = String))),
        BodyErrors,
    ),
)]
pub(in crate::http) async fn logout(
    request: HttpRequest,
    payload: Payload,
    verifier: Data<StrictVerifier>,
    logout: Data<Logout>,
    clock: Data<dyn Clock>,
    tasks: Data<UseCaseTasks>,
    metrics: Data<Metrics>,
) -> Result<HttpResponse, Error> {
    let caller = verifier.0.verify(&request).await?;
    let (body, request_time) = body::read::<LogoutRequest>(&request, payload, &**clock).await?;
    let refresh_token = body.parse()?;

    let user_id = caller.user_id;
    events::will_have_event(&request);
    let source = events::source(&request);
    let command = LogoutCommand { caller, refresh_token, request_time };
    let run = tasks.run(async move {
        let result = logout.run(command).instrument(debug_span!("logout")).await;
        events::logout(&metrics, &result, user_id, &source);
        result
    });
    run.await?;
    Ok(HttpResponse::NoContent().finish())
}
