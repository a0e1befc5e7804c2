//! The responses of the admin listener, with mocks.

use std::sync::Arc;

use actix_web::test::TestRequest;
use auth_domain::mocks::{MockLoginLimiter, MockSessionStore, MockUserRepository};
use auth_domain::model::{EndReason, LimitKeys};
use auth_domain::ports::PortError;
use serde_json::{Value, json};

use crate::compose::Parts;
use crate::http::configure_admin;
use crate::http::fixtures::{Answer, app, application, parts, public, serving, user};

const SECRET: &str = "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp-Zb4nRj9s";

/// Calls the admin listener of a service with the secret [`SECRET`].
async fn ask(parts: Parts, request: TestRequest) -> Answer {
    let application = application(parts, &[("ADMIN__SECRET", SECRET)]);
    Answer::to(request, &serving(&application, |service| configure_admin(service, true)).await).await
}

fn ending(result: fn() -> Result<usize, PortError>) -> Parts {
    let mut sessions = MockSessionStore::new();
    sessions
        .expect_end_all()
        .withf(|user_id, reason, _| *user_id == user().id && *reason == EndReason::Revoked)
        .returning(move |_, _, _| result());
    Parts { sessions: Arc::new(sessions), ..parts() }
}

/// Ports on which no session may change.
fn untouched() -> Parts {
    let mut sessions = MockSessionStore::new();
    sessions.expect_end_all().never();
    Parts { sessions: Arc::new(sessions), ..parts() }
}

fn post(user_id: &str) -> TestRequest {
    TestRequest::post().uri(&format!("/users/{user_id}/end-sessions"))
}

fn signed(request: TestRequest) -> TestRequest {
    request.insert_header(("authorization", format!("Bearer {SECRET}")))
}

#[actix_web::test]
async fn the_platform_ends_all_sessions_of_a_user_and_may_repeat_the_call() {
    for count in [|| Ok(3), || Ok(0)] {
        let answer = ask(ending(count), signed(post(&user().id.to_string()))).await;
        assert_eq!((answer.status, answer.body), (200, json!({ "sessionsEnded": count().unwrap_or(0) })));
    }
    let with_body = signed(post(&user().id.to_string())).set_payload("anything at all");
    assert_eq!(ask(ending(|| Ok(1)), with_body).await.status, 200);
}

// S-44
#[actix_web::test]
async fn a_missing_or_wrong_secret_ends_no_session() {
    let answer = ask(untouched(), post("no-uuid")).await;
    assert_eq!(answer.error(), (401, "invalid_token"));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    for wrong in [&SECRET[1..], "x", &SECRET.to_uppercase(), &format!("{SECRET}x")] {
        let request =
            post(&user().id.to_string()).insert_header(("authorization", format!("Bearer {wrong}")));
        let answer = ask(untouched(), request).await;
        assert_eq!(answer.error(), (401, "invalid_token"), "{wrong}");
        assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
        assert!(!answer.text.contains(SECRET));
    }
}

// S-92
#[actix_web::test]
async fn ten_wrong_secrets_get_401_then_429_and_the_right_one_never_does() {
    let application = application(ending(|| Ok(1)), &[("ADMIN__SECRET", SECRET)]);
    let admin = serving(&application, |service| configure_admin(service, true)).await;
    let with = |secret: &str| {
        let request =
            post(&user().id.to_string()).insert_header(("authorization", format!("Bearer {secret}")));
        request.peer_addr("127.0.0.1:9999".parse().unwrap())
    };
    for number in 0..10 {
        let answer = Answer::to(with(&format!("{SECRET}{number}")), &admin).await;
        assert_eq!(answer.error(), (401, "invalid_token"));
    }
    for wrong in ["x", &SECRET[1..], "not~~a;token"] {
        let answer = Answer::to(with(wrong), &admin).await;
        assert_eq!(answer.error(), (429, "rate_limited"));
        assert_eq!(answer.header("retry-after"), "300");
        assert_eq!(answer.header("www-authenticate"), "");
    }
    assert_eq!(Answer::to(with(SECRET), &admin).await.status, 200);
    let elsewhere = with("x").peer_addr("127.0.0.2:9999".parse().unwrap());
    assert_eq!(Answer::to(elsewhere, &admin).await.error(), (401, "invalid_token"));
    // A request without a secret is no guess, so it is not counted.
    let without = post(&user().id.to_string()).peer_addr("127.0.0.1:9999".parse().unwrap());
    assert_eq!(Answer::to(without, &admin).await.error(), (401, "invalid_token"));
}

#[actix_web::test]
async fn a_malformed_user_id_is_400_and_an_outage_503_with_a_retry() {
    for user_id in ["alice", "9c858901"] {
        assert_eq!(ask(untouched(), signed(post(user_id))).await.error(), (400, "invalid_request"));
    }
    let outage = ending(|| Err(PortError::unavailable("away")));
    let answer = ask(outage, signed(post(&user().id.to_string()))).await;
    assert_eq!(answer.error(), (503, "service_unavailable"));
    assert!(
        answer.text.contains("repeat") && !answer.text.contains("nothing was changed"),
        "{}",
        answer.text
    );
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
    let defect = ending(|| Err(PortError::corrupt("broken")));
    assert_eq!(ask(defect, signed(post(&user().id.to_string()))).await.error(), (500, "internal_error"));
}

// S-91
#[actix_web::test]
async fn addresses_that_may_still_be_known_are_503_with_a_retry() {
    let mut limiter = MockLoginLimiter::new();
    let key = LimitKeys::derive(b"secret").email(&user().email);
    let forget = limiter.expect_forget_addresses().withf(move |email, _| *email == key);
    forget.times(1).returning(|_, _| Err(PortError::unavailable("away")));
    let mut users = MockUserRepository::new();
    users.expect_find_by_id().times(1).returning(|_, _| Err(PortError::unavailable("away")));
    for parts in [
        Parts { limiter: Arc::new(limiter), ..ending(|| Ok(2)) },
        Parts { users: Arc::new(users), ..ending(|| Ok(2)) },
    ] {
        let answer = ask(parts, signed(post(&user().id.to_string()))).await;
        assert_eq!(answer.error(), (503, "service_unavailable"));
        assert!(answer.text.contains("repeat"), "{}", answer.text);
    }
}

#[actix_web::test]
async fn other_methods_are_405_and_other_paths_404() {
    let answer = ask(untouched(), signed(TestRequest::get().uri("/users/x/end-sessions"))).await;
    assert_eq!((answer.error(), answer.header("allow")), ((405, "method_not_allowed"), "POST"));
    let answer = ask(untouched(), TestRequest::post().uri("/metrics")).await;
    assert_eq!((answer.error(), answer.header("allow")), ((405, "method_not_allowed"), "GET, HEAD"));
    for path in ["/", "/health", "/users", "/api/v1/auth/login"] {
        assert_eq!(
            ask(untouched(), TestRequest::post().uri(path)).await.error(),
            (404, "not_found"),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn without_a_configured_secret_the_route_is_404() {
    let admin = serving(&application(untouched(), &[]), |service| configure_admin(service, false)).await;
    let answer = Answer::to(signed(post(&user().id.to_string())), &admin).await;
    assert_eq!(answer.error(), (404, "not_found"));
}

// S-81
#[actix_web::test]
async fn metrics_count_public_requests_and_are_only_on_the_admin_listener() {
    let application = application(parts(), &[]);
    let public = serving(&application, public).await;
    let wrong = json!({ "email": "owner@example.com", "password": "wrong" }).to_string();
    let login = |body: String| {
        let login = TestRequest::post().uri("/api/v1/auth/login");
        login.insert_header(("content-type", "application/json")).set_payload(body)
    };
    assert_eq!(Answer::to(login(wrong.clone()), &public).await.status, 401);
    assert_eq!(Answer::to(login(wrong.replace("wrong", "right")), &public).await.status, 200);

    let admin = serving(&application, |service| configure_admin(service, false)).await;
    let scrape = TestRequest::get().uri("/metrics").insert_header(("accept", "application/openmetrics-text"));
    let answer = Answer::to(scrape, &admin).await;
    assert_eq!((answer.status, answer.body), (200, Value::Null));
    assert!(
        answer
            .headers
            .get("content-type")
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    assert!(answer.text.contains("# TYPE hooksentry_auth_logins counter\n"), "{}", answer.text);
    let answer = Answer::to(TestRequest::get().uri("/metrics"), &admin).await;
    assert!(
        answer
            .headers
            .get("content-type")
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    for line in [
        "# TYPE hooksentry_auth_logins_total counter",
        "hooksentry_auth_logins_total{outcome=\"succeeded\",reason=\"password\"} 1",
        "hooksentry_auth_logins_total{outcome=\"failed\",reason=\"wrong_password\"} 1",
        "hooksentry_auth_http_requests_total{method=\"POST\",path=\"/api/v1/auth/login\",status=\"401\"} 1",
    ] {
        assert!(answer.text.lines().any(|found| found == line), "{line} is not in\n{}", answer.text);
    }
    let answer = Answer::to(TestRequest::get().uri("/metrics"), &app(parts()).await).await;
    assert_eq!(answer.error(), (404, "not_found"));
}
