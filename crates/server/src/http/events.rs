//! What the log and the metrics tell of each use case: one event each, with ids and a reason code,
//! never a secret or an email.

use std::fmt::Display;

use actix_web::HttpRequest;
use actix_web::web::Data;
use auth_domain::model::{ClientAddress, SessionRef, UserId};
use auth_domain::ports::{PortError, PortErrorKind, UnreadableUser};
use auth_domain::use_cases::{
    LoggedIn, LoginError, LoginRefusal, LogoutError, RefreshError, RefreshRefusal, Refreshed,
    VerifyAccessTokenError,
};
use tracing::{error, info, warn};

use super::admin::SessionsNotEnded;
use crate::app::AppState;
use crate::failure::chain;
use crate::metrics::{Metrics, Outcome};

/// Tells how a login ended.
pub(super) fn login(metrics: &Metrics, result: &Result<LoggedIn, LoginError>, client: Option<ClientAddress>) {
    metrics.login(match result {
        Ok(_) => Outcome::Succeeded,
        Err(LoginError::InvalidCredentials { .. }) => Outcome::Failed,
        Err(LoginError::RateLimited { .. }) => Outcome::Blocked,
        Err(LoginError::Port(cause)) => cause.into(),
    });
    let client = shown(client);
    match result {
        Ok(LoggedIn { tokens, troubles }) => {
            info!(event = "login_succeeded", client, user_id = %tokens.user_id, session_id = %tokens.session_id, "logged in");
            for cause in troubles {
                trouble("login", cause);
            }
        }
        Err(LoginError::InvalidCredentials { refusal, user_id }) => {
            if let LoginRefusal::UnreadableRow(row) = refusal {
                unreadable_row("login", row);
            }
            let user_id = or_dash(*user_id);
            info!(event = "login_failed", client, user_id, reason = %refusal, "login refused");
        }
        Err(LoginError::RateLimited { retry_after }) => {
            let retry_after_s = retry_after.as_secs();
            warn!(event = "login_blocked", client, retry_after_s, "login blocked by the limit");
        }
        Err(LoginError::Port(cause)) => trouble("login", cause),
    }
}

/// Tells how a refresh ended.
pub(super) fn refresh(
    metrics: &Metrics,
    result: &Result<Refreshed, RefreshError>,
    client: Option<ClientAddress>,
) {
    metrics.refresh(match result {
        Ok(_) => Outcome::Succeeded,
        Err(RefreshError::InvalidRefreshToken { refusal: RefreshRefusal::ReuseDetected, .. }) => {
            Outcome::ReuseDetected
        }
        Err(RefreshError::InvalidRefreshToken { .. }) => Outcome::Failed,
        Err(RefreshError::Port(cause)) => cause.into(),
    });
    let client = shown(client);
    match result {
        Ok(Refreshed { tokens, replayed }) => {
            info!(event = "refresh_succeeded", client, user_id = %tokens.user_id, session_id = %tokens.session_id, replayed, "refreshed");
        }
        Err(RefreshError::InvalidRefreshToken { refusal: RefreshRefusal::ReuseDetected, session }) => {
            let (user_id, session_id) = ids(*session);
            warn!(
                event = "refresh_reuse_detected",
                client, user_id, session_id, "a used refresh token came back; the session ended"
            );
        }
        Err(RefreshError::InvalidRefreshToken { refusal, session }) => {
            let (user_id, session_id) = ids(*session);
            info!(event = "refresh_failed", client, user_id, session_id, reason = %refusal, "refresh refused");
        }
        Err(RefreshError::Port(cause)) => trouble("refresh", cause),
    }
}

/// Tells how a logout ended.
pub(super) fn logout(
    metrics: &Metrics,
    result: &Result<Option<SessionRef>, LogoutError>,
    caller: UserId,
    client: Option<ClientAddress>,
) {
    metrics.logout(match result {
        Ok(_) => Outcome::Succeeded,
        Err(LogoutError::InvalidRefreshToken) => Outcome::Failed,
        Err(LogoutError::Port(cause)) => cause.into(),
    });
    let client = shown(client);
    match result {
        Ok(session) => {
            let (user_id, session_id) =
                (caller.to_string(), or_dash(session.map(|session| session.session_id)));
            info!(event = "logout_succeeded", client, user_id, session_id, "logged out");
        }
        Err(LogoutError::InvalidRefreshToken) => {
            warn!(event = "logout_foreign_token", client, user_id = %caller, "the refresh token is not the caller's");
        }
        Err(LogoutError::Port(cause)) => trouble("logout", cause),
    }
}

/// Logs why a bearer was not accepted.
pub(crate) fn refused_bearer(request: &HttpRequest, refusal: &VerifyAccessTokenError) {
    let client = request.app_data::<Data<AppState>>().and_then(|state| state.client(request));
    let client = shown(client);
    match refusal {
        VerifyAccessTokenError::Invalid(reason) => {
            info!(event = "access_token_refused", client, %reason, "access token refused");
        }
        VerifyAccessTokenError::Revoked => {
            info!(event = "access_token_refused", client, reason = "revoked", "access token refused");
        }
        VerifyAccessTokenError::Port(cause) => trouble("verify", cause),
    }
}

/// Logs that the platform ended all sessions of a user, or could not.
pub(super) fn sessions_ended(result: &Result<usize, SessionsNotEnded>, user_id: UserId) {
    match result {
        Ok(count) => {
            info!(event = "sessions_ended", %user_id, count, "the platform ended all sessions of a user");
        }
        Err(SessionsNotEnded(cause)) => trouble("end_sessions", cause),
    }
}

/// Logs which row an administrator has to repair; never the email.
fn unreadable_row(operation: &str, row: &UnreadableUser) {
    let (user_id, column) = (or_dash(row.user_id), row.column);
    error!(event = "unreadable_row", operation, user_id, column, reason = %row, "the row of a user cannot be read");
}

fn trouble(operation: &str, cause: &PortError) {
    if let Some(row) = cause.unreadable_user() {
        return unreadable_row(operation, &row);
    }
    let (kind, reason) = (cause.kind(), chain(cause));
    match kind {
        PortErrorKind::Unavailable | PortErrorKind::Overloaded => {
            warn!(event = "unavailable", operation, %kind, reason, "a part of the service cannot answer");
        }
        PortErrorKind::Corrupt | PortErrorKind::Misconfigured => {
            error!(event = "defect", operation, %kind, reason, "a part of the service is broken");
        }
    }
}

fn shown(client: Option<ClientAddress>) -> String {
    or_dash(client.map(|client| client.ip()))
}

fn ids(session: Option<SessionRef>) -> (String, String) {
    (or_dash(session.map(|session| session.user_id)), or_dash(session.map(|session| session.session_id)))
}

fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
