//! An application with mocks, for tests of responses.

use std::sync::Arc;
use std::time::Duration;

use actix_http::Request;
use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::ServiceConfig;
use actix_web::{App, Error};
use auth_domain::mocks::{
    MockAccessTokens, MockDenylist, MockPasswordHasher, MockSessionStore, MockUserRepository,
    counting_entropy, fixed_clock, permissive_limiter,
};
use auth_domain::model::{
    AccessClaims, AccessToken, Email, Ending, LimitKeys, PasswordHash, RefreshToken, Role, Rotation, User,
    UserStatus,
};
use auth_domain::ports::{Admission, Check, InvalidAccessToken, PasswordCheck, random_bytes};
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

use super::{configure_public, middleware};
use crate::app::Application;
use crate::compose::Parts;
use crate::config::{self, ENVIRONMENT_PREFIX, Settings};
use crate::password_hashing::fake::FakeHashing;
use crate::password_strength::ZxcvbnStrength;
use crate::reload::Reloading;
use crate::system::SystemClock;

const NOW: OffsetDateTime = datetime!(2026-07-10 14:17:00.250 UTC);

pub(crate) fn user() -> User {
    User {
        id: "9c858901-8a57-4791-81fe-4c455b099bc9".parse().unwrap(),
        tenant_id: "5f8a3b2c-1d9e-4f6a-8b8c-9d0e1f2a3b4c".parse().unwrap(),
        email: Email::parse("owner@example.com").unwrap(),
        password_hash: Some(PasswordHash::new("stored".to_owned())),
        status: UserStatus::Active,
        role: Role::Owner,
        created_at: NOW,
    }
}

fn claims() -> AccessClaims {
    AccessClaims {
        token_id: "3fa85f64-5717-4562-b3fc-2c963f66afa6".parse().unwrap(),
        user_id: user().id,
        tenant_id: user().tenant_id,
        email: user().email,
        role: Role::Owner,
        session_id: None,
        issued_at: None,
        expires_at: NOW + Duration::from_mins(15),
    }
}

pub(crate) fn refresh_token() -> String {
    RefreshToken::first(user().id, &random_bytes(&counting_entropy()).unwrap()).expose().to_string()
}

/// Ports on which everything succeeds.
pub(crate) fn parts() -> Parts {
    let mut users = MockUserRepository::new();
    users.expect_find_by_email().returning(|email, _| Ok((*email == user().email).then(user)));
    users.expect_find_by_id().returning(|_, _| Ok(Some(user())));
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_admit().returning(|request_time| Ok(Admission::new(request_time, ())));
    hasher.expect_verify().returning(|password, credential, _| {
        let right = credential.hash().is_some() && password.expose_bytes() == b"right";
        Ok(if right { PasswordCheck::Valid { outdated: false } } else { PasswordCheck::Invalid })
    });
    let mut sessions = MockSessionStore::new();
    sessions.expect_open().returning(|_, _| Ok(()));
    sessions.expect_rotate().returning(|_, _| Ok(Rotation::Rotated));
    sessions.expect_end().returning(|_, _| Ok(Ending::Ended));
    let mut access_tokens = MockAccessTokens::new();
    access_tokens.expect_issue().returning(|_| Ok(AccessToken::new("signed".to_owned())));
    access_tokens.expect_verify().returning(|token, _| match token {
        "signed" => Ok(claims()),
        _ => Err(InvalidAccessToken::Malformed),
    });
    let denylist = || {
        let mut denylist = MockDenylist::new();
        denylist.expect_contains().returning(|_, _| Ok(false));
        Arc::new(denylist)
    };
    Parts {
        password_hashing: Arc::new(FakeHashing),
        users: Arc::new(users),
        hasher: Arc::new(hasher),
        password_capacity: Arc::new(|_| 1_000),
        password_kernel: Arc::new(|| Check::ok("mocked")),
        strength: Arc::new(ZxcvbnStrength),
        sessions: Arc::new(sessions),
        denylist: denylist(),
        verification: denylist(),
        denylist_cache: None,
        legacy: None,
        limiter: Arc::new(permissive_limiter()),
        worker_stores: Vec::new(),
        access_tokens: Arc::new(access_tokens),
        clock: Arc::new(fixed_clock(NOW, auth_domain::ports::Clock::instant(&SystemClock))),
        entropy: Arc::new(counting_entropy()),
        limit_keys: LimitKeys::derive(b"secret"),
        admin_secret: None,
        dependencies: Vec::new(),
        reloading: Reloading::default(),
        locks: None,
    }
}

/// Returns a runtime like that of a worker.
pub(crate) fn runtime() -> LocalRuntime {
    Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap()
}

/// A response as a client sees it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The JSON; `null` if the body is not JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
}

/// Returns settings from `variables`, which are named without the prefix.
pub(crate) fn settings(variables: &[(&str, &str)]) -> Settings {
    let variables =
        variables.iter().map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}").into(), value.into()));
    config::load(None, variables, |_| Vec::new()).unwrap()
}

/// Returns an application with settings from `variables`, which are named without the prefix.
pub(crate) fn application(parts: Parts, variables: &[(&str, &str)]) -> Application {
    let settings = settings(variables);
    let admin_secret =
        settings.admin.secret.clone().map(|secret| Arc::new(arc_swap::ArcSwap::from_pointee(secret)));
    Application::new(Parts { admin_secret, ..parts }, &settings, tokio::runtime::Handle::current())
}

/// Returns the service of the public listener.
pub(crate) async fn app(
    parts: Parts,
) -> impl Service<Request, Response = ServiceResponse<BoxBody>, Error = Error> {
    serving(&application(parts, &[]), public).await
}

/// Sets up the public listener with its documentation.
pub(crate) fn public(service: &mut ServiceConfig) {
    configure_public(service, true);
}

/// Returns the service of an application with the routes that `configure` sets up.
pub(crate) async fn serving<F: FnOnce(&mut ServiceConfig)>(
    application: &Application,
    configure: F,
) -> impl Service<Request, Response = ServiceResponse<BoxBody>, Error = Error> + use<F> {
    let app = App::new().configure(|service| application.handlers.register(service)).configure(configure);
    init_service(app.wrap(from_fn(middleware))).await
}

pub(crate) async fn call(parts: Parts, request: TestRequest) -> Answer {
    Answer::to(request, &app(parts).await).await
}

impl Answer {
    pub(crate) async fn to(
        request: TestRequest,
        app: &impl Service<Request, Response = ServiceResponse<BoxBody>, Error = Error>,
    ) -> Self {
        let response = app.call(request.to_request()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap();
        Self { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }

    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or_default())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
