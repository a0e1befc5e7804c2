//! `POST /api/v1/auth/login`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::use_cases::LoginCommand;

use crate::app::AppState;
use crate::http::error::ErrorResponse;
use crate::http::form::Form;
use crate::http::run_to_completion::run_to_completion;
use crate::http::schemas::{CommonAnswers, LoginRequest, TokensIssued};
use crate::http::token_response::token_response;
use crate::http::{ApiError, body, events};

/// Exchanges an email and a password for a token pair.
///
/// Opens a session. The response is the same for an unknown email, a wrong password, an inactive user and an account
/// without a password. After 10 failures on one email or from one address within 5 minutes, further logins are 429.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    tag = "auth",
    request_body = LoginRequest,
    responses(
        TokensIssued,
        (status = 401, body = ErrorResponse, description = "`invalid_credentials`: one answer for all that can be wrong", headers(("WWW-Authenticate" = String))),
        (status = 429, body = ErrorResponse, description = "`rate_limited`: too many failed logins", headers(("Retry-After" = u64))),
        CommonAnswers,
    ),
)]
pub(in crate::http) async fn login(
    request: HttpRequest,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let body = body::read(&request, payload).await?;
    let mut form = Form::parse(&body)?;
    let (email, password) = (form.email(), form.password());
    let (email, password) = form.finish(email.zip(password))?;

    let client = state.client(&request);
    state.watch_for_proxies(&request, &email);

    let email_hash = state.email_hash(&email);

    events::will_have_event(&request);
    let command = LoginCommand { email, password, client, request_time: state.request_time() };
    let app = state.clone();
    let logged_in = run_to_completion(&state, async move {
        let result = app.login.run(command).await;
        events::login(&app, &result, client, email_hash);
        result
    })
    .await?;
    token_response(&logged_in.tokens)
}
