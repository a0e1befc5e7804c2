//! The events of each use case in the log and the metrics: with ids and a reason code, never a secret or an email.
//!
//! A rejection has one line, that of its event. The `request` line then has the level debug.

use std::fmt::Display;

use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};
use auth_domain::model::{ClientAddress, LimitKey, SessionRef, UserId};
use auth_domain::ports::{PortError, PortErrorKind, UnreadableUser};
use auth_domain::use_cases::{
    LoggedIn, LoginError, LoginRejection, LogoutError, RefreshError, RefreshRejection, Refreshed,
    VerifyAccessTokenError,
};
use tracing::{error, info, warn};

use super::admin::{SessionsNotEnded, WrongSecret};
use crate::app::AppState;
use crate::error_chain::error_chain;
use crate::metrics::Outcome;

/// The mark of requests whose rejection has an event.
struct HasEvent;

/// Marks the request: from now on, its rejection has an event.
pub(super) fn will_have_event(request: &HttpRequest) {
    request.extensions_mut().insert(HasEvent);
}

/// Returns whether a rejection of the request has an event.
pub(super) fn has_event(request: &HttpRequest) -> bool {
    request.extensions().contains::<HasEvent>()
}

/// Logs and counts how a login ended; `email` is the keyed hash of its email.
pub(super) fn login(
    app: &AppState,
    result: &Result<LoggedIn, LoginError>,
    client: Option<ClientAddress>,
    email: LimitKey,
) {
    app.metrics.login(match result {
        Ok(_) => Outcome::Succeeded,
        Err(LoginError::InvalidCredentials { .. }) => Outcome::Failed,
        Err(LoginError::RateLimited { .. }) => Outcome::Blocked,
        Err(LoginError::Port(cause)) => cause.into(),
    });
    match result {
        Ok(LoggedIn { tokens, troubles }) => {
            info!(event = "login_succeeded", client = shown(client), user_id = %tokens.user_id, session_id = %tokens.session_id, reason = "password", "logged in");
            for cause in troubles {
                port_error(app, "login", cause, client);
            }
        }
        Err(LoginError::InvalidCredentials { rejection, user_id }) => {
            if app.is_logged(client, "login_failed", rejection) {
                if let LoginRejection::UnreadableRow(row) = rejection {
                    unreadable_row("login", row);
                }
                let (client, user_id) = (shown(client), or_dash(*user_id));
                info!(event = "login_failed", client, user_id, session_id = "-", reason = %rejection, "login rejected");
            }
        }
        Err(LoginError::RateLimited { limit, retry_after }) => {
            app.metrics.login_block(*limit);
            if app.is_logged(client, "login_blocked", limit) {
                let (client, retry_after_s) = (shown(client), retry_after.as_secs());
                warn!(event = "login_blocked", client, user_id = "-", session_id = "-", reason = "too_many_failures", %limit, email_hash = %email, retry_after_s, "login blocked by the limit");
            }
        }
        Err(LoginError::Port(cause)) => port_error(app, "login", cause, client),
    }
}

/// Logs and counts how a refresh ended.
pub(super) fn refresh(
    app: &AppState,
    result: &Result<Refreshed, RefreshError>,
    client: Option<ClientAddress>,
) {
    app.metrics.refresh(match result {
        Ok(_) => Outcome::Succeeded,
        Err(RefreshError::InvalidRefreshToken { rejection, .. }) => match rejection {
            RefreshRejection::ReuseDetected => Outcome::ReuseDetected,
            RefreshRejection::AlreadyUsed { .. } => Outcome::ReusedInGracePeriod,
            RefreshRejection::Malformed
            | RefreshRejection::Unknown
            | RefreshRejection::Expired
            | RefreshRejection::SessionEnded(_) => Outcome::Failed,
        },
        Err(RefreshError::Port(cause)) => cause.into(),
    });
    match result {
        Ok(Refreshed { tokens, retried }) => {
            let (client, reason) = (shown(client), if *retried { "retried" } else { "rotated" });
            info!(event = "refresh_succeeded", client, user_id = %tokens.user_id, session_id = %tokens.session_id, reason, "refreshed");
        }
        Err(RefreshError::InvalidRefreshToken { rejection, session }) => {
            refresh_rejected(app, *rejection, *session, client);
        }
        Err(RefreshError::Port(cause)) => port_error(app, "refresh", cause, client),
    }
}

fn refresh_rejected(
    app: &AppState,
    rejection: RefreshRejection,
    session: Option<SessionRef>,
    client: Option<ClientAddress>,
) {
    let (user_id, session_id) = ids(session);
    match rejection {
        // Not sampled: it ends a session, so it happens at most once per login.
        RefreshRejection::ReuseDetected => {
            let client = shown(client);
            warn!(event = "refresh_reuse_detected", client, user_id, session_id, reason = %rejection, "a used refresh token was presented again; the session ended");
        }
        RefreshRejection::AlreadyUsed { same_address } => {
            if app.is_logged(client, "refresh_token_reused_in_grace_period", format!("{same_address:?}")) {
                let client = shown(client);
                info!(event = "refresh_token_reused_in_grace_period", client, user_id, session_id, reason = %rejection, same_address, "a used refresh token was presented again in its grace period; nothing ended");
            }
        }
        RefreshRejection::Malformed
        | RefreshRejection::Unknown
        | RefreshRejection::Expired
        | RefreshRejection::SessionEnded(_) => {
            if app.is_logged(client, "refresh_failed", rejection) {
                let client = shown(client);
                info!(event = "refresh_failed", client, user_id, session_id, reason = %rejection, "refresh rejected");
            }
        }
    }
}

/// Logs and counts how a logout ended.
pub(super) fn logout(
    app: &AppState,
    result: &Result<Option<SessionRef>, LogoutError>,
    caller: UserId,
    client: Option<ClientAddress>,
) {
    app.metrics.logout(match result {
        Ok(_) => Outcome::Succeeded,
        Err(LogoutError::InvalidRefreshToken) => Outcome::Failed,
        Err(LogoutError::Port(cause)) => cause.into(),
    });
    match result {
        Ok(session) => {
            let (client, session_id) = (shown(client), or_dash(session.map(|session| session.session_id)));
            info!(event = "logout_succeeded", client, user_id = %caller, session_id, reason = "logged_out", "logged out");
        }
        Err(LogoutError::InvalidRefreshToken) => {
            if app.is_logged(client, "logout_foreign_token", "not_the_callers") {
                let client = shown(client);
                warn!(event = "logout_foreign_token", client, user_id = %caller, session_id = "-", reason = "not_the_callers", "the refresh token is not the caller's");
            }
        }
        Err(LogoutError::Port(cause)) => port_error(app, "logout", cause, client),
    }
}

/// Logs why an access token was not accepted.
pub(crate) fn rejected_bearer(request: &HttpRequest, rejection: &VerifyAccessTokenError) {
    let Some(app) = request.app_data::<Data<AppState>>() else { return };
    will_have_event(request);
    let client = app.client(request);
    let reason = match rejection {
        VerifyAccessTokenError::Invalid(reason) => reason.to_string(),
        VerifyAccessTokenError::Revoked => "revoked".to_owned(),
        VerifyAccessTokenError::Port(cause) => return port_error(app, "verify", cause, client),
    };
    if app.is_logged(client, "access_token_rejected", &reason) {
        let client = shown(client);
        info!(
            event = "access_token_rejected",
            client,
            user_id = "-",
            session_id = "-",
            reason,
            "access token rejected"
        );
    }
}

/// Logs that the platform ended all sessions of a user, or could not.
pub(super) fn sessions_ended(
    app: &AppState,
    result: &Result<usize, SessionsNotEnded>,
    user_id: UserId,
    client: Option<ClientAddress>,
) {
    match result {
        Ok(count) => {
            let client = shown(client);
            info!(event = "sessions_ended", client, %user_id, session_id = "-", reason = "platform", count, "the platform ended all sessions of a user");
        }
        Err(SessionsNotEnded(cause)) => port_error(app, "end_sessions", cause, client),
    }
}

/// Logs the 1st, 10th, 100th … wrong admin secret that a client sends in a row (S-92).
pub(super) fn wrong_admin_secret(wrong: &WrongSecret, client: Option<ClientAddress>) {
    if wrong.is_logged() {
        let (client, count, limited) = (shown(client), wrong.in_a_row, wrong.retry_after.is_some());
        warn!(
            event = "admin_secret_wrong",
            client,
            user_id = "-",
            session_id = "-",
            reason = "wrong_secret",
            count,
            limited,
            "the admin secret was wrong"
        );
    }
}

/// Logs which row an administrator has to repair; never the email.
fn unreadable_row(operation: &str, row: &UnreadableUser) {
    let (user_id, column) = (or_dash(row.user_id), row.column);
    error!(event = "unreadable_row", operation, user_id, column, reason = %row, "the row of a user cannot be read");
}

fn port_error(app: &AppState, operation: &'static str, cause: &PortError, client: Option<ClientAddress>) {
    if let Some(row) = cause.unreadable_user() {
        return unreadable_row(operation, &row);
    }
    let (kind, reason) = (cause.kind(), error_chain(cause));
    match kind {
        PortErrorKind::Unavailable | PortErrorKind::Overloaded => {
            if app.is_logged(client, "unavailable", format!("{operation} {kind}")) {
                let client = shown(client);
                warn!(event = "unavailable", operation, client, %kind, reason, "a dependency cannot answer");
            }
        }
        PortErrorKind::Corrupt | PortErrorKind::Misconfigured => {
            let client = shown(client);
            error!(event = "defect", operation, client, %kind, reason, "a dependency or a record is broken");
        }
    }
}

/// Returns how an address is logged.
pub(super) fn shown(client: Option<ClientAddress>) -> String {
    or_dash(client.map(|client| client.ip()))
}

fn ids(session: Option<SessionRef>) -> (String, String) {
    (or_dash(session.map(|session| session.user_id)), or_dash(session.map(|session| session.session_id)))
}

fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
