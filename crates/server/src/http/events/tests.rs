//! Every result of a use case has a counter from the start.

use std::time::Duration;

use auth_domain::model::{
    AccessToken, LimitKey, LoginLimit, RefreshLimit, RefreshToken, SessionRef, TokenPair,
};
use auth_domain::ports::{PortError, PortErrorKind};
use auth_domain::use_cases::{
    LoggedIn, LoginError, LoginRejection, LogoutError, RefreshError, RefreshKind, RefreshRejection, Refreshed,
};
use tokio::runtime::Builder;

use crate::audit::Source;
use crate::http::events;
use crate::http::fixtures::user;
use crate::metrics::Metrics;
use crate::readiness::Readiness;

const SOURCE: Source = Source::Request { client: None, id: None };
const SESSION: &str = "f0e1d2c3-b4a5-4968-8778-695a4b3c2d1e";

fn tokens() -> TokenPair {
    TokenPair {
        access_token: AccessToken::new("signed".to_owned()),
        expires_in: Duration::from_mins(15),
        expires_at: user().created_at,
        refresh_token: RefreshToken::first(user().id, &[0; 32]),
        user_id: user().id,
        session_id: session().session_id,
        token_id: "3fa85f64-5717-4562-b3fc-2c963f66afa6".parse().unwrap(),
    }
}

fn session() -> SessionRef {
    SessionRef { user_id: user().id, session_id: SESSION.parse().unwrap() }
}

fn port_error(kind: PortErrorKind) -> PortError {
    match kind {
        PortErrorKind::Unavailable => PortError::unavailable("test"),
        PortErrorKind::Unanswered => PortError::unanswered("test"),
        PortErrorKind::Overloaded => PortError::overloaded("test"),
        PortErrorKind::Corrupt => PortError::corrupt("test"),
        PortErrorKind::Misconfigured => PortError::misconfigured("test"),
    }
}

/// Returns the values of the counters with this name.
fn values(metrics: &Metrics, name: &str) -> Vec<(String, u64)> {
    let runtime = Builder::new_current_thread().build().unwrap();
    let text = metrics.text(&Readiness::new(Vec::new(), runtime.handle().clone())).unwrap();
    let prefix = format!("hooksentry_auth_{name}{{");
    let lines =
        text.lines().filter(|line| line.starts_with(&prefix)).map(|line| line.rsplit_once(' ').unwrap());
    lines.map(|(labels, value)| (labels.to_owned(), value.parse().unwrap())).collect()
}

/// Asserts that the counters existed before `count_all` ran, and that it has increased each of them by one.
fn assert_each_counted_once(name: &str, results: usize, count_all: impl FnOnce(&Metrics)) {
    let metrics = Metrics::new(None);
    assert_eq!(values(&metrics, name).len(), results);
    count_all(&metrics);
    let values = values(&metrics, name);
    assert!(values.len() == results && values.iter().all(|(_, value)| *value == 1), "{values:#?}");
}

#[test]
fn every_result_of_a_login_is_counted_from_the_start() {
    assert_each_counted_once("logins_total", 14, |metrics| {
        let (limit, retry_after) = (LoginLimit::Email, Duration::from_secs(1));
        let rejections =
            LoginRejection::ALL.map(|rejection| LoginError::InvalidCredentials { rejection, user_id: None });
        let errors = PortErrorKind::ALL.map(|kind| LoginError::Port(port_error(kind)));
        let failures =
            rejections.into_iter().chain(errors).chain([LoginError::RateLimited { limit, retry_after }]);
        let success = Ok(LoggedIn { tokens: tokens(), errors: Vec::new() });
        for result in failures.map(Err).chain([success]) {
            events::login(metrics, &result, LimitKey::from_bytes([0; 16]), &SOURCE);
        }
    });
}

#[test]
fn every_result_of_a_refresh_is_counted_from_the_start() {
    assert_each_counted_once("refreshes_total", 19, |metrics| {
        let (limit, retry_after) = (RefreshLimit::User, Duration::from_secs(1));
        let rejections = RefreshRejection::ALL
            .map(|rejection| RefreshError::InvalidRefreshToken { rejection, session: None });
        let errors = PortErrorKind::ALL.map(|kind| RefreshError::Port(port_error(kind)));
        let blocked = RefreshError::RateLimited { limit, retry_after, session: session() };
        let failures = rejections.into_iter().chain(errors).chain([blocked]);
        let kinds = [RefreshKind::Rotated, RefreshKind::Retried, RefreshKind::Shared { same_address: None }];
        let successes = kinds.map(|kind| Ok(Refreshed { tokens: tokens(), kind }));
        for result in failures.map(Err).chain(successes) {
            events::refresh(metrics, &result, &SOURCE);
        }
    });
}

#[test]
fn every_result_of_a_logout_is_counted_from_the_start() {
    assert_each_counted_once("logouts_total", 7, |metrics| {
        let errors = PortErrorKind::ALL.map(|kind| LogoutError::Port(port_error(kind)));
        let failures = errors.into_iter().chain([LogoutError::InvalidRefreshToken]);
        for result in failures.map(Err).chain([Ok(Some(session()))]) {
            events::logout(metrics, &result, user().id, &SOURCE);
        }
    });
}
