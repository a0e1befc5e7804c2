use std::sync::Arc;
use std::time::Duration;

use actix_web::test::TestRequest;
use auth_domain::mocks::{MockLoginLimiter, MockSessionStore};
use auth_domain::model::{LoginLimit, Reservation};
use auth_domain::ports::PortError;
use serde_json::json;

use crate::compose::Parts;
use crate::http::configure_admin;
use crate::http::fixtures::{Answer, application, parts, public, refresh_token, serving};

const ORIGIN: &str = "https://app.example.com";
const SETTING: (&str, &str) = ("HTTP__CORS_ORIGINS", "https://app.example.com,http://localhost:5173");
const CORS_HEADERS: [&str; 6] = [
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-max-age",
    "access-control-allow-credentials",
];

async fn call(parts: Parts, request: TestRequest) -> Answer {
    Answer::to(request, &serving(&application(parts, &[SETTING]), public).await).await
}

fn preflight(path: &str, origin: &str) -> TestRequest {
    TestRequest::with_uri(path)
        .method(actix_web::http::Method::OPTIONS)
        .insert_header(("origin", origin))
        .insert_header(("access-control-request-method", "POST"))
        .insert_header(("access-control-request-headers", "content-type"))
}

fn login() -> TestRequest {
    let body = json!({ "email": "owner@example.com", "password": "right" });
    TestRequest::post().uri("/api/v1/auth/login").set_json(body)
}

fn expect_closed(answer: &Answer) {
    for header in CORS_HEADERS {
        assert_eq!(answer.header(header), "", "{header}");
    }
}

// S-79
#[actix_web::test]
async fn a_preflight_from_an_allowed_origin_names_the_methods_of_the_path() {
    let rows = [
        ("/api/v1/auth/login", "POST"),
        ("/api/v1/auth/refresh", "POST"),
        ("/api/v1/auth/logout", "POST"),
        ("/API/v1/Auth/Logout/", "POST"),
        ("/api/v1/auth/me", "GET, HEAD"),
        ("/health", "GET, HEAD"),
    ];
    for (path, methods) in rows {
        for origin in [ORIGIN, "http://localhost:5173"] {
            let answer = call(parts(), preflight(path, origin)).await;
            assert_eq!((answer.status, answer.text.as_str()), (204, ""));
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            assert_eq!(answer.header("access-control-allow-methods"), methods);
            assert_eq!(
                answer.header("access-control-allow-headers"),
                "Authorization, Content-Type, Idempotency-Key, X-Request-Id"
            );
            assert_eq!(answer.header("access-control-max-age"), "600");
            assert_eq!((answer.header("vary"), answer.header("content-type")), ("Origin", ""));
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
    assert_eq!(call(parts(), preflight("/none", ORIGIN)).await.error(), (404, "not_found"));
}

// S-79
#[actix_web::test]
async fn every_response_to_an_allowed_origin_can_be_read_by_the_page() {
    let mut limiter = MockLoginLimiter::new();
    let retry_after = Duration::from_secs(9);
    limiter.expect_reserve().returning(move |attempt, _| {
        Ok(Reservation::Rejected { limit: LoginLimit::Email, key: attempt.email, retry_after })
    });
    let limited = Parts { limiter: Arc::new(limiter), ..parts() };
    let mut sessions = MockSessionStore::new();
    sessions.expect_rotate().returning(|_, _| Err(PortError::unavailable("away")));
    sessions.expect_open().returning(|_, _| panic!("a defect"));
    let away = Parts { sessions: Arc::new(sessions), ..parts() };
    let broken = Parts { sessions: away.sessions.clone(), ..parts() };
    let get = |path| TestRequest::get().uri(path);
    let refresh =
        TestRequest::post().uri("/api/v1/auth/refresh").set_json(json!({ "refreshToken": refresh_token() }));
    let rows = [
        (parts(), login(), 200),
        (parts(), TestRequest::post().uri("/api/v1/auth/login").set_json(json!({})), 400),
        (parts(), TestRequest::post().uri("/api/v1/auth/login"), 415),
        (parts(), get("/api/v1/auth/me"), 401),
        (parts(), get("/none"), 404),
        (parts(), get("/api/v1/auth/login"), 405),
        (limited, login(), 429),
        (broken, login(), 500),
        (away, refresh, 503),
    ];
    for (parts, request, status) in rows {
        let answer = call(parts, request.insert_header(("origin", ORIGIN))).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN, "{status}");
        assert_eq!(answer.header("access-control-expose-headers"), "Retry-After, X-Request-Id");
        assert_eq!(answer.header("vary"), "Origin");
        for header in ["access-control-allow-methods", "access-control-allow-credentials"] {
            assert_eq!(answer.header(header), "", "{status}");
        }
    }
}

// S-79
#[actix_web::test]
async fn any_other_origin_gets_no_cors_header() {
    for origin in [
        "https://app.example.com.evil.example",
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://APP.example.com",
        "https://app.example.com/",
        "null",
        "*",
        "",
    ] {
        let answer = call(parts(), preflight("/api/v1/auth/login", origin)).await;
        assert_eq!(answer.error(), (405, "method_not_allowed"), "{origin}");
        expect_closed(&answer);
        assert_eq!(answer.header("vary"), "Origin");
        let answer = call(parts(), login().insert_header(("origin", origin))).await;
        assert_eq!((answer.status, answer.header("vary")), (200, "Origin"));
        expect_closed(&answer);
    }
    let two = login().append_header(("origin", ORIGIN)).append_header(("origin", ORIGIN));
    expect_closed(&call(parts(), two).await);
    let without = call(parts(), login()).await;
    assert_eq!(without.header("vary"), "Origin");
    expect_closed(&without);
}

// S-79
#[actix_web::test]
async fn cors_is_off_by_default_and_always_off_on_the_admin_listener() {
    let off = serving(&application(parts(), &[]), public).await;
    for request in [login().insert_header(("origin", ORIGIN)), preflight("/api/v1/auth/login", ORIGIN)] {
        let answer = Answer::to(request, &off).await;
        assert_eq!(answer.header("vary"), "");
        expect_closed(&answer);
    }
    let admin = serving(&application(parts(), &[SETTING]), |service| configure_admin(service, true)).await;
    for request in [preflight("/metrics", ORIGIN), TestRequest::get().uri("/metrics")] {
        let answer = Answer::to(request.insert_header(("origin", ORIGIN)), &admin).await;
        assert!([200, 405].contains(&answer.status));
        assert_eq!(answer.header("vary"), "");
        expect_closed(&answer);
    }
}

// S-79
#[actix_web::test]
async fn options_without_a_requested_method_is_no_preflight() {
    let request = TestRequest::with_uri("/api/v1/auth/login")
        .method(actix_web::http::Method::OPTIONS)
        .insert_header(("origin", ORIGIN));
    let answer = call(parts(), request).await;
    assert_eq!(answer.error(), (405, "method_not_allowed"));
    assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
}
