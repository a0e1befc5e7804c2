//! Refresh: a live token gets a new pair, every other token is rejected.

use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::{ALICE, Installation, Server, jwt};
use serde_json::json;

const REFRESH: &str = "/api/v1/auth/refresh";

#[tokio::test]
async fn a_refresh_continues_the_session_with_a_new_pair() {
    let server = Server::start().await;
    let first = server.log_in(ALICE).await;
    let reply = server.refresh(&first.refresh).await;
    let second = reply.tokens();

    assert_eq!(reply.json()["expiresIn"], json!(900));
    assert_ne!(second.refresh, first.refresh);
    let (before, after) = (jwt::claims(&first.access), jwt::claims(&second.access));
    assert_ne!(before["jti"], after["jti"]);
    for name in ["sub", "sid", "email", "role", "tenant_id"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert!(server.access_token_is_alive(&first.access).await, "a refresh revokes no access token");
    assert!(server.access_token_is_alive(&second.access).await);
    server.refresh(&second.refresh).await.tokens();
}

#[tokio::test]
async fn a_long_chain_of_refreshes_stays_alive() {
    let server = Server::start().await;
    let mut tokens = server.log_in(ALICE).await;
    let first_access = tokens.access.clone();
    for _ in 0..40 {
        tokens = server.refresh(&tokens.refresh).await.tokens();
    }
    assert!(server.access_token_is_alive(&tokens.access).await);
    assert_eq!(server.logout(&tokens.access, &tokens.refresh).await.status, 204);
    assert!(!server.access_token_is_alive(&first_access).await, "an access token outlives its session");
}

// S-52
#[tokio::test]
async fn a_used_token_in_the_grace_period_ends_nothing() {
    let server = Server::start().await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    assert_eq!(server.expect_dead(&first.refresh).await.as_deref(), Some("already_used"));
    assert!(server.access_token_is_alive(&second.access).await);
    server.refresh(&second.refresh).await.tokens();
}

#[tokio::test]
async fn a_retry_with_the_same_key_gets_the_same_refresh_token() {
    let server = Server::start().await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh_with_key(&first.refresh, "one call").await;
    second.expect_error(400, "invalid_request");
    let second = server.refresh_with_key(&first.refresh, "one-call").await.tokens();
    let repeated = server.refresh_with_key(&first.refresh, "one-call").await.tokens();

    assert_eq!(repeated.refresh, second.refresh);
    assert_ne!(repeated.access, second.access, "the access token is a fresh one");
    assert!(server.access_token_is_alive(&repeated.access).await);
    assert!(server.access_token_is_alive(&second.access).await);

    let third = server.refresh(&second.refresh).await.tokens();
    assert_eq!(server.logout(&third.access, &third.refresh).await.status, 204);
    assert!(!server.access_token_is_alive(&repeated.access).await, "retried tokens end with the session");
}

#[tokio::test]
async fn another_key_or_none_is_no_retry() {
    let server = Server::start().await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh_with_key(&first.refresh, "one-call").await.tokens();
    for key in ["another-call", "One-Call", "one-call2"] {
        let rejected = server.refresh_with_key(&first.refresh, key).await;
        rejected.expect_error(401, "invalid_refresh_token");
        assert_eq!(rejected.reason().as_deref(), Some("already_used"));
    }
    assert_eq!(server.expect_dead(&first.refresh).await.as_deref(), Some("already_used"));
    server.refresh(&second.refresh).await.tokens();
}

#[tokio::test]
async fn retries_end_when_the_successor_is_used() {
    let server = Server::start().await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh_with_key(&first.refresh, "one-call").await.tokens();
    let third = server.refresh(&second.refresh).await.tokens();
    let rejected = server.refresh_with_key(&first.refresh, "one-call").await;
    rejected.expect_error(401, "invalid_refresh_token");
    assert_eq!(
        rejected.reason().as_deref(),
        Some("reuse_detected"),
        "an older token ends the session at once"
    );
    server.expect_dead(&third.refresh).await;
    assert!(!server.access_token_is_alive(&third.access).await);
}

#[tokio::test]
async fn an_idempotency_key_has_1_to_255_visible_characters() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    for key in ["", "a b", "a\tb", "schlüssel", &"k".repeat(256)] {
        let rejected = server.refresh_with_key(&tokens.refresh, key).await;
        assert!(rejected.expect_error(400, "invalid_request").contains("Idempotency-Key"), "{key:?}");
    }
    server.refresh_with_key(&tokens.refresh, &"~".repeat(255)).await.tokens();
}

// S-54, S-55
#[tokio::test]
async fn all_invalid_refresh_tokens_get_one_response() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let (half, rest) = tokens.refresh.split_at(52);
    let (body, _checksum) = tokens.refresh.split_at(96);
    let unknown = [
        tokens.access.clone(),
        tokens.refresh.to_uppercase(),
        format!(" {}", tokens.refresh),
        format!("{}0", tokens.refresh),
        format!("{rest}{half}"),
        format!("{body}00000000"),
        "x".to_owned(),
        "0".repeat(104),
        "é".repeat(256),
        "A".repeat(43),
        "../../auth.db".to_owned(),
    ];
    for token in unknown.iter().filter(|token| **token != tokens.refresh && token.len() <= 512) {
        assert_eq!(server.expect_dead(token).await, None, "{token}");
    }
    server.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn a_refresh_token_is_not_accepted_as_an_access_token() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    server.logout(&tokens.refresh, &tokens.refresh).await.expect_error(401, "invalid_token");
    server.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn a_malformed_refresh_consumes_nothing() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let body = format!(r#"{{"refreshToken":"{0}","refreshToken":"{0}"}}"#, tokens.refresh);
    server.post_bytes(REFRESH, body.as_bytes()).await.expect_error(400, "invalid_request");
    let body = format!(r#"{{"refreshToken":"{}""#, tokens.refresh);
    server.post_bytes(REFRESH, body.as_bytes()).await.expect_error(400, "invalid_request");
    server.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn the_user_is_read_again_at_each_refresh() {
    let server = Server::start().await;
    let first = server.log_in(ALICE).await;
    server.installation.sql("UPDATE users SET role = 20, email = 'renamed@example.com'");
    let second = server.refresh(&first.refresh).await.tokens();
    let claims = jwt::claims(&second.access);
    assert_eq!((&claims["role"], &claims["email"]), (&json!("Viewer"), &json!("renamed@example.com")));
}

#[tokio::test]
async fn sessions_of_a_deleted_user_are_rejected() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    assert_eq!(server.installation.sql("DELETE FROM users"), 1);
    server.expect_dead(&tokens.refresh).await;
}

// S-53
#[tokio::test]
async fn an_idle_session_expires() {
    let installation = Installation::new().set("TOKENS__ACCESS_TTL", "1s").set("TOKENS__REFRESH_TTL", "4s");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let idle = server.log_in(ALICE).await;
    let mut busy = server.log_in(ALICE).await;
    for _ in 0..3 {
        pause(Duration::from_millis(1_500)).await;
        busy = server.refresh(&busy.refresh).await.tokens();
    }
    assert_eq!(server.expect_dead(&idle.refresh).await, None);
}

// S-53
#[tokio::test]
async fn a_session_expires_after_its_absolute_limit() {
    let installation = Installation::new().set("TOKENS__ACCESS_TTL", "1s").set("TOKENS__REFRESH_TTL", "4s");
    let installation = installation.set("TOKENS__SESSION_TTL", "4s");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let mut tokens = server.log_in(ALICE).await;
    for _ in 0..2 {
        pause(Duration::from_millis(500)).await;
        tokens = server.refresh(&tokens.refresh).await.tokens();
    }
    pause(Duration::from_millis(3_500)).await;
    assert_eq!(server.expect_dead(&tokens.refresh).await, None);
}

// S-36
#[tokio::test]
async fn an_access_token_expires_after_its_lifetime() {
    let installation = Installation::new().set("TOKENS__ACCESS_TTL", "2s").with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    let reply = server.login(ALICE, auth_e2e::PASSWORD).await;
    assert_eq!(reply.json()["expiresIn"], json!(2));
    let access = reply.tokens().access;
    assert!(server.access_token_is_alive(&access).await);
    pause(Duration::from_millis(8_100)).await;
    assert!(!server.access_token_is_alive(&access).await, "2 s of life and at most 5 s of leeway are over");
}
