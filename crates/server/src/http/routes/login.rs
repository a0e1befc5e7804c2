//! `POST /api/v1/auth/login`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::ports::Clock;
use auth_domain::use_cases::{Login, LoginCommand};
use tracing::{Instrument, debug_span};

use crate::http::client::Client;
use crate::http::error::{ApiError, ErrorResponse};
use crate::http::request_state::RequestState;
use crate::http::requests::LoginRequest;
use crate::http::run_to_completion::UseCaseTasks;
use crate::http::schemas::{BodyErrors, TokensIssued};
use crate::http::token_response::token_response;
use crate::http::{body, events};
use crate::metrics::Metrics;
use crate::unlisted_proxies::UnlistedProxies;

/// Exchanges an email and a password for a token pair.
///
/// Opens a session. The response is the same for an unknown email, a wrong password, an inactive user and an account
/// without a password. After 10 failures within 5 minutes, on one email or from one address, further logins are 429. An address
/// with a successful login on the email in the last 30 days has a count of its own. After 100 failures on one email within 24
/// hours, one attempt a minute is checked.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    tag = "auth",
    request_body = LoginRequest,
    responses(
        TokensIssued,
        (status = 401, body = ErrorResponse, description = "`invalid_credentials`: one response for every cause", headers(("WWW-Authenticate" = String))),
        (status = 429, body = ErrorResponse, description = "`rate_limited`: too many failed logins", headers(("Retry-After" = u64))),
        BodyErrors,
    ),
)]
pub(in crate::http) async fn login(
    request: HttpRequest,
    payload: Payload,
    login: Data<Login>,
    clock: Data<dyn Clock>,
    tasks: Data<UseCaseTasks>,
    metrics: Data<Metrics>,
    proxies: Data<UnlistedProxies>,
) -> Result<HttpResponse, ApiError> {
    let (body, request_time) = body::read::<LoginRequest>(&request, payload, &**clock).await?;
    let (email, password) = body.parse()?;
    let client = RequestState::client(&request);
    let email_hash = login.limit_keys.email(&email);
    // The failures of an exempt peer are not counted by its address.
    if let Some(peer) = client.untrusted_peer
        && !client.is_exempt
    {
        proxies.note(peer, email_hash);
    }

    events::will_have_event(&request);
    let source = events::source(&request);
    let Client { address, is_exempt, .. } = client;
    let command = LoginCommand { email, password, client: address, is_exempt, request_time };
    let run = tasks.run(async move {
        let result = login.run(command).instrument(debug_span!("login")).await;
        events::login(&metrics, &result, email_hash, &source);
        result
    });
    token_response(&run.await?.tokens)
}
