//! A used refresh token that is presented again after the grace period ends the session (RFC 9700 §4.14.2).

use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::{ALICE, Installation, Server, Tokens};

// S-48
#[tokio::test]
async fn a_used_token_after_the_grace_period_ends_the_session() {
    let server = start_with_leeway("3s").await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    assert_eq!(server.expect_dead(&first.refresh).await.as_deref(), Some("already_used"));
    pause(Duration::from_millis(3_200)).await;

    assert_eq!(server.expect_dead(&first.refresh).await.as_deref(), Some("reuse_detected"));
    assert_ended(&server, &[&first, &second]).await;
    assert!(server.process.logs(&["reuse"]).await, "the event is in the log");
}

#[tokio::test]
async fn without_a_grace_period_the_first_reuse_ends_the_session() {
    let server = start_with_leeway("0s").await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    assert_eq!(server.expect_dead(&first.refresh).await.as_deref(), Some("reuse_detected"));
    assert_ended(&server, &[&first, &second]).await;
}

// S-52
#[tokio::test]
async fn the_grace_period_covers_only_the_immediate_predecessor() {
    let server = start_with_leeway("1m").await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    let third = server.refresh(&second.refresh).await.tokens();
    assert_eq!(server.expect_dead(&first.refresh).await.as_deref(), Some("reuse_detected"));
    assert_ended(&server, &[&first, &second, &third]).await;
}

// S-49, S-50
#[tokio::test]
async fn reuse_of_an_old_token_is_detected_after_a_restart() {
    let installation = Installation::new().set("TOKENS__REUSE_LEEWAY", "1m").without_refresh_limits();
    let mut server = Server::start_on(installation.with_user(ALICE).await).await;
    let first = server.log_in(ALICE).await;
    let mut newest = first.clone();
    for _ in 0..100 {
        newest = server.refresh(&newest.refresh).await.tokens();
    }
    server.kill_and_restart().await;
    assert_eq!(server.expect_dead(&first.refresh).await.as_deref(), Some("reuse_detected"));
    assert_ended(&server, &[&first, &newest]).await;
}

#[tokio::test]
async fn a_retry_after_the_grace_period_is_no_reuse() {
    let server = start_with_leeway("0s").await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh_with_key(&first.refresh, "key").await.tokens();
    pause(Duration::from_millis(300)).await;
    let repeated = server.refresh_with_key(&first.refresh, "key").await.tokens();
    assert_eq!(repeated.refresh, second.refresh);

    let thief = server.refresh_with_key(&first.refresh, "another").await;
    thief.expect_error(401, "invalid_refresh_token");
    assert_eq!(thief.reason().as_deref(), Some("reuse_detected"));
    assert_ended(&server, &[&first, &second, &repeated]).await;
}

#[tokio::test]
async fn reuse_ends_only_its_own_session() {
    let server = start_with_leeway("0s").await;
    let (robbed, other) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    server.refresh(&robbed.refresh).await.tokens();
    server.expect_dead(&robbed.refresh).await;
    assert!(server.access_token_is_alive(&other.access).await);
    server.refresh(&other.refresh).await.tokens();
}

async fn start_with_leeway(leeway: &str) -> Server {
    Server::start_on(Installation::new().set("TOKENS__REUSE_LEEWAY", leeway).with_user(ALICE).await).await
}

async fn assert_ended(server: &Server, session: &[&Tokens]) {
    for tokens in session {
        assert_eq!(server.expect_dead(&tokens.refresh).await.as_deref(), Some("reuse_detected"));
        assert!(!server.access_token_is_alive(&tokens.access).await);
    }
}
