//! The rules of the HTTP contract, with mocks, without a store or a socket.

mod protected;
mod spelling;
mod vectors;

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Service;
use actix_web::test::TestRequest;
use auth_domain::mocks::{MockAccessTokens, MockDenylist, MockLoginLimiter, MockSessionStore};
use auth_domain::model::{LoginLimit, Reservation, Rotation};
use auth_domain::ports::{PortError, SessionStore};
use serde_json::{Value, json};

use crate::compose::Parts;
use crate::http::fixtures::{Answer, app, call, parts, refresh_token};

const JSON: (&str, &str) = ("content-type", "application/json");

fn post(path: &str, body: &Value) -> TestRequest {
    TestRequest::post().uri(&format!("/api/v1/auth/{path}")).insert_header(JSON).set_payload(body.to_string())
}

fn login() -> TestRequest {
    post("login", &json!({ "email": " Owner@Example.com", "password": "right" }))
}

fn refresh() -> TestRequest {
    post("refresh", &json!({ "refreshToken": refresh_token() }))
}

fn logout(bearer: &str) -> TestRequest {
    post("logout", &json!({ "refreshToken": refresh_token() }))
        .insert_header(("authorization", format!("Bearer {bearer}")))
}

#[actix_web::test]
async fn a_login_returns_exactly_the_four_documented_fields() {
    let answer = call(parts(), login()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["accessToken"], "signed");
    assert_eq!(answer.body["expiresIn"], 900);
    assert_eq!(answer.body["expiresAt"], "2026-07-10T14:32:00.000Z");
    assert_eq!(answer.body["refreshToken"].as_str().unwrap().len(), 104);
    assert_eq!(answer.body.as_object().unwrap().len(), 4);
}

#[actix_web::test]
async fn a_refresh_returns_the_same_fields_and_a_logout_nothing() {
    let answer = call(parts(), refresh()).await;
    assert_eq!((answer.status, answer.body.as_object().unwrap().len()), (200, 4));
    let answer = call(parts(), logout("signed")).await;
    assert_eq!((answer.status, answer.body), (204, Value::Null));
}

#[actix_web::test]
async fn every_response_has_the_standard_headers() {
    for request in
        [login(), refresh(), logout("bad"), post("login", &json!({})), TestRequest::get().uri("/none")]
    {
        let answer = call(parts(), request).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-request-id").len(), 36);
    }
    let answer = call(parts(), login().insert_header(("x-request-id", "mine-1"))).await;
    assert_eq!(answer.header("x-request-id"), "mine-1");
}

// S-08
#[actix_web::test]
async fn a_wrong_password_and_an_unknown_email_get_the_same_response() {
    let wrong =
        call(parts(), post("login", &json!({ "email": "owner@example.com", "password": "wrong" }))).await;
    let unknown =
        call(parts(), post("login", &json!({ "email": "absent@example.com", "password": "right" }))).await;
    assert_eq!(wrong.error(), (401, "invalid_credentials"));
    assert_eq!(wrong.body, unknown.body);
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&wrong), names(&unknown));
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
}

#[actix_web::test]
async fn a_malformed_request_is_400_before_the_limit_is_checked() {
    let mut limiter = MockLoginLimiter::new();
    limiter.expect_reserve().never();
    let parts = Parts { limiter: Arc::new(limiter), ..parts() };
    let answer = call(parts, post("login", &json!({ "email": "no-address", "password": "" }))).await;
    assert_eq!(answer.error(), (400, "invalid_request"));
}

#[actix_web::test]
async fn a_blocked_login_is_429_with_the_seconds_to_wait() {
    let mut limiter = MockLoginLimiter::new();
    let retry_after = Duration::from_millis(41_500);
    limiter.expect_reserve().returning(move |attempt, _| {
        Ok(Reservation::Rejected { limit: LoginLimit::Email, key: attempt.email, retry_after })
    });
    let answer = call(Parts { limiter: Arc::new(limiter), ..parts() }, login()).await;
    assert_eq!(answer.error(), (429, "rate_limited"));
    assert_eq!(answer.header("retry-after"), "42");
}

#[actix_web::test]
async fn another_text_than_a_refresh_token_is_401_and_a_missing_one_400() {
    let answer = call(parts(), post("refresh", &json!({ "refreshToken": "garbage" }))).await;
    assert_eq!(answer.error(), (401, "invalid_refresh_token"));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    for body in [json!({}), json!({ "refreshToken": " " }), json!({ "refreshToken": "x".repeat(513) })] {
        assert_eq!(call(parts(), post("refresh", &body)).await.error(), (400, "invalid_request"));
    }
}

#[actix_web::test]
async fn a_bad_idempotency_key_is_400_and_consumes_nothing() {
    let mut sessions = MockSessionStore::new();
    sessions.expect_rotate().never();
    let sessions: Arc<dyn SessionStore> = Arc::new(sessions);
    for key in ["", "a b", &"k".repeat(256)] {
        let request = refresh().insert_header(("idempotency-key", key));
        let answer = call(Parts { sessions: sessions.clone(), ..parts() }, request).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{key:?}");
    }
}

#[actix_web::test]
async fn logout_checks_the_bearer_token_before_the_body() {
    let answer = call(parts(), post("logout", &json!({}))).await;
    assert_eq!(answer.error(), (401, "invalid_token"));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let answer = call(parts(), logout("bad")).await;
    assert_eq!(answer.error(), (401, "invalid_token"));
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    let request = post("logout", &json!({})).insert_header(("authorization", "Bearer signed"));
    assert_eq!(call(parts(), request).await.error(), (400, "invalid_request"));
}

// S-42
#[actix_web::test]
async fn a_token_outside_the_authorization_header_is_ignored() {
    let body = json!({ "refreshToken": refresh_token(), "access_token": "signed" });
    let request = post("logout?access_token=signed", &body).insert_header(("cookie", "access_token=signed"));
    assert_eq!(call(parts(), request).await.error(), (401, "invalid_token"));
}

#[actix_web::test]
async fn an_outage_is_503_with_retry_after_on_every_endpoint() {
    let outage = || {
        let mut sessions = MockSessionStore::new();
        sessions.expect_open().returning(|_, _| Err(PortError::unavailable("away")));
        sessions.expect_rotate().returning(|_, _| Err(PortError::unavailable("away")));
        sessions.expect_end().returning(|_, _| Err(PortError::unavailable("away")));
        Parts { sessions: Arc::new(sessions), ..parts() }
    };
    for request in [login(), refresh(), logout("signed")] {
        let answer = call(outage(), request).await;
        assert_eq!(answer.error(), (503, "service_unavailable"));
        assert!(answer.header("retry-after").parse::<u32>().is_ok());
    }
}

// S-66
#[actix_web::test]
async fn a_token_is_503_while_the_denylist_is_unreachable() {
    let mut denylist = MockDenylist::new();
    denylist.expect_contains().returning(|_, _| Err(PortError::unavailable("away")));
    let answer = call(Parts { denylist: Arc::new(denylist), ..parts() }, logout("signed")).await;
    assert_eq!(answer.error(), (503, "service_unavailable"));
}

// S-77
#[actix_web::test]
async fn a_panic_is_one_500() {
    let mut sessions = MockSessionStore::new();
    sessions.expect_rotate().returning(|_, _| panic!("a defect"));
    let in_a_use_case = Parts { sessions: Arc::new(sessions), ..parts() };
    assert_eq!(call(in_a_use_case, refresh()).await.error(), (500, "internal_error"));

    let mut access_tokens = MockAccessTokens::new();
    access_tokens.expect_verify().returning(|_, _| panic!("a defect"));
    let in_a_handler = Parts { access_tokens: Arc::new(access_tokens), ..parts() };
    let answer = call(in_a_handler, logout("signed")).await;
    assert_eq!(answer.error(), (500, "internal_error"));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn a_client_that_hangs_up_loses_only_the_response() {
    let (done, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let mut sessions = MockSessionStore::new();
    sessions.expect_rotate().returning(move |_, _| {
        done.send(()).unwrap();
        Ok(Rotation::Rotated)
    });
    let app = app(Parts { sessions: Arc::new(sessions), ..parts() }).await;
    let mut request = Box::pin(app.call(refresh().to_request()));
    // The first poll reads the body and starts the use case. Then the request is dropped, as if the client had hung up.
    assert!(futures_util::poll!(&mut request).is_pending());
    drop(request);
    tokio::time::timeout(Duration::from_secs(5), seen.recv()).await.unwrap().unwrap();
}

// S-69
#[actix_web::test]
async fn other_methods_are_405_with_allow_and_other_paths_404() {
    for path in ["login", "refresh", "logout"] {
        for method in [TestRequest::get(), TestRequest::put(), TestRequest::delete(), TestRequest::patch()] {
            let answer = call(parts(), method.uri(&format!("/api/v1/auth/{path}"))).await;
            assert_eq!(answer.error(), (405, "method_not_allowed"));
            assert_eq!(answer.header("allow"), "POST");
        }
    }
    let answer = call(parts(), TestRequest::post().uri("/health")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
    assert_eq!(call(parts(), TestRequest::get().uri("/api/v1/auth")).await.error(), (404, "not_found"));
}

// S-70
#[actix_web::test]
async fn only_plain_json_of_at_most_16_kib_is_read() {
    let body = json!({ "email": "owner@example.com", "password": "right" }).to_string();
    let typed = |content_type: &str| {
        TestRequest::post()
            .uri("/api/v1/auth/login")
            .insert_header(("content-type", content_type))
            .set_payload(body.clone())
    };
    assert_eq!(call(parts(), typed("application/vnd.api+json; charset=utf-8")).await.status, 200);
    assert_eq!(call(parts(), typed("text/plain")).await.error(), (415, "unsupported_media_type"));
    let encoded = typed("application/json").insert_header(("content-encoding", "gzip"));
    assert_eq!(call(parts(), encoded).await.error(), (415, "unsupported_media_type"));
    let untyped = TestRequest::post().uri("/api/v1/auth/login").set_payload(body.clone());
    assert_eq!(call(parts(), untyped).await.error(), (415, "unsupported_media_type"));

    let pad = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    let sized =
        |length| TestRequest::post().uri("/api/v1/auth/login").insert_header(JSON).set_payload(pad(length));
    assert_eq!(call(parts(), sized(16 * 1024)).await.status, 200);
    assert_eq!(call(parts(), sized(16 * 1024 + 1)).await.error(), (413, "payload_too_large"));
}

#[actix_web::test]
async fn the_document_and_its_page_come_from_the_binary() {
    let answer = call(parts(), TestRequest::get().uri("/openapi.json")).await;
    assert_eq!((answer.status, answer.body["info"]["title"].as_str()), (200, Some("HookSentry Auth")));
    let answer = call(parts(), TestRequest::get().uri("/swagger")).await;
    assert_eq!((answer.status, answer.header("location")), (308, "/swagger/"));
    let answer = call(parts(), TestRequest::get().uri("/swagger/")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let answer = call(parts(), TestRequest::get().uri("/swagger/none.js")).await;
    assert_eq!(answer.error(), (404, "not_found"));
}

// S-81
#[actix_web::test]
async fn health_answers_while_the_process_serves() {
    let answer = call(parts(), TestRequest::get().uri("/health")).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "status": "ok" })));
    assert_eq!(call(parts(), TestRequest::get().uri("/health/ready")).await.status, 200);
}
