//! The table of status codes, row by row.
//!
//! | status | tested in |
//! |---|---|
//! | 400 | `bad_requests.rs` |
//! | 401 `invalid_credentials` | here, `login.rs` |
//! | 401 `invalid_refresh_token` | here, `refresh.rs`, `reuse.rs`, `logout.rs` |
//! | 401 `invalid_token` | `access_tokens.rs`, `logout.rs` |
//! | 404, 405, 413, 415 | `http_rules.rs` |
//! | 429 | here, `limits.rs` |
//! | 500, 503 | here |

use auth_e2e::{ALICE, Installation, PASSWORD, Server, WRONG_PASSWORD};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn wrong_credentials_are_401() {
    let server = Server::start().await;
    let rejected = server.login(ALICE, WRONG_PASSWORD).await;
    rejected.expect_error(401, "invalid_credentials");
    assert_eq!(rejected.header("www-authenticate"), Some("Bearer"));
    assert_eq!(rejected.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn an_unknown_refresh_token_is_401() {
    let server = Server::start().await;
    let rejected = server.refresh(&"0".repeat(104)).await;
    rejected.expect_error(401, "invalid_refresh_token");
    assert_eq!(rejected.header("www-authenticate"), Some("Bearer"));
    assert_eq!(rejected.reason(), None);
}

#[tokio::test]
async fn the_limit_is_checked_after_the_form_and_before_the_credentials() {
    let server = Server::start().await;
    for _ in 0..10 {
        server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    }
    let rejected = server.login(ALICE, PASSWORD).await;
    rejected.expect_error(429, "rate_limited");
    assert_eq!(rejected.header("cache-control"), Some("no-store"));
    assert!((280..=300).contains(&rejected.retry_after()), "{}", rejected.retry_after());
    let malformed = server.post("/api/v1/auth/login", &json!({ "email": ALICE })).await;
    malformed.expect_error(400, "invalid_request");
}

#[tokio::test]
async fn a_full_password_queue_is_503_and_no_failure() {
    let installation = Installation::new().set("LOGIN_LIMIT__MAX_FAILURES", "1000000");
    let installation = installation.set("PASSWORD__CONCURRENCY", "1").set("PASSWORD__MEMORY_KIB", "262144");
    let installation = installation.set("PASSWORD__ITERATIONS", "4").with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    server.login(ALICE, PASSWORD).await.tokens();

    let calls = (0..30).map(|_| {
        let api = server.api();
        async move { api.login(ALICE, PASSWORD).await }
    });
    let replies = join_all(calls).await;
    let rejected: Vec<_> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(!rejected.is_empty(), "30 slow hashes cannot be done within two seconds");
    for reply in rejected {
        reply.expect_error(503, "service_unavailable");
        assert!((1..=60).contains(&reply.retry_after()));
    }
    let ready = server.call(Method::GET, "/health/ready").await;
    assert_eq!(ready.status, 200, "a full queue makes the service not ready");
}

// S-08
#[tokio::test]
async fn an_unreadable_row_is_401_at_login_and_503_at_refresh() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    for (spoil, column, repair) in
        [("role = 99", "role", "role = 10"), ("status = 7", "status", "status = 0")]
    {
        assert_eq!(server.installation.sql(&format!("UPDATE users SET {spoil}")), 1);
        let broken = server.login(ALICE, PASSWORD).await;
        let unknown = server.login("absent@example.com", PASSWORD).await;
        broken.expect_error(401, "invalid_credentials");
        assert_eq!(broken.text(), unknown.text());
        let id = broken.header("x-request-id").unwrap();
        assert!(
            server.process.logs(&[id, "ERROR", "unreadable_row", column]).await,
            "the log names the column"
        );

        let rejected = server.refresh(&tokens.refresh).await;
        let message = rejected.expect_error(503, "service_unavailable");
        assert!(!message.contains(column), "{message}");
        assert!((1..=60).contains(&rejected.retry_after()));
        let id = rejected.header("x-request-id").unwrap();
        assert!(
            server.process.logs(&[id, "ERROR", "unreadable_row", column]).await,
            "the log names the column"
        );

        let listed = server.cli(&["user", "list"]).await.expect_failure();
        assert!(listed.contains(&format!("users.{column} of user ")), "{listed}");
        let set_password = ["user", "set-password", ALICE, "--password-stdin"];
        let rejected = server.installation.cli(&set_password, PASSWORD).await.expect_failure();
        assert!(rejected.contains(&format!("users.{column} of user ")), "{rejected}");
        let diagnosis = server.cli(&["doctor"]).await;
        assert!(format!("{diagnosis:?}").contains(&format!("1 users have a {column}")), "{diagnosis:?}");
        assert_eq!(server.installation.sql(&format!("UPDATE users SET {repair}")), 1);
    }
    server.refresh(&tokens.refresh).await.tokens();
    assert!(!server.process.stderr().contains(ALICE), "no event names the email");
}

// S-27
#[tokio::test]
async fn a_user_with_an_unreadable_row_can_be_deactivated() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    assert_eq!(server.installation.sql("UPDATE users SET role = 99"), 1);
    server.cli(&["user", "deactivate", ALICE]).await.expect_success();
    assert!(!server.access_token_is_alive(&tokens.access).await);
}

#[tokio::test]
async fn health_and_readiness_are_public() {
    let server = Server::start().await;
    let health = server.call(Method::GET, "/health").await;
    assert_eq!((health.status, health.json()), (200, json!({ "status": "ok" })));
    let ready = server.call(Method::GET, "/health/ready").await;
    assert_eq!(ready.status, 200, "{}", ready.text());
    assert!(ready.json().is_object());
    for path in ["/health", "/health/ready"] {
        let head = server.call(Method::HEAD, path).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
}
