//! The limits of refreshes.
#![expect(clippy::panic, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Api, BOB, Installation, PASSWORD, Server, Tokens, WRONG_PASSWORD};
use reqwest::Method;

async fn start(per_session: &str, per_user: &str) -> Server {
    let installation = Installation::new()
        .set("TOKENS__REFRESHES_PER_MINUTE", per_session)
        .set("TOKENS__REFRESHES_PER_MINUTE_PER_USER", per_user);
    Server::start_on(installation.with_user(ALICE).await.with_user(BOB).await).await
}

/// Rotates until a refresh is rejected; returns the number of rotations, the current tokens and `Retry-After`.
async fn rotate_until_limited(api: &Api, mut tokens: Tokens, at_most: usize) -> (usize, Tokens, u64) {
    for number in 0..=at_most {
        let reply = api.refresh(&tokens.refresh).await;
        if reply.status == 429 {
            let message = reply.expect_error(429, "rate_limited");
            assert!(message.contains("nothing was changed"), "{message}");
            return (number, tokens, reply.retry_after());
        }
        tokens = reply.tokens();
    }
    panic!("no limit after {at_most} refreshes");
}

// S-57
#[tokio::test]
async fn a_session_has_sixty_refreshes_in_a_minute_and_keeps_its_token() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let (rotations, current, retry_after) = rotate_until_limited(&server, tokens, 61).await;
    assert_eq!(rotations, 60);
    assert!((1..=60).contains(&retry_after), "{retry_after}");
    assert!(server.access_token_is_alive(&current.access).await, "the limit revoked an access token");
    // Another session of the user goes on, and so does the login limit.
    let other = server.log_in(ALICE).await;
    server.refresh(&other.refresh).await.tokens();
    server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    assert_eq!(server.logout(&current.access, &current.refresh).await.status, 204);
}

// S-57
#[tokio::test]
async fn a_refresh_after_retry_after_is_processed() {
    let installation = Installation::embedded().set("TOKENS__REFRESHES_PER_MINUTE", "2");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let (_, current, _) = rotate_until_limited(&server, server.log_in(ALICE).await, 2).await;
    // The minute of the session began 57 seconds earlier.
    assert_eq!(
        server.installation.sql("UPDATE sessions SET minute_started_at = minute_started_at - 57000000"),
        1
    );
    let rejected = server.refresh(&current.refresh).await;
    rejected.expect_error(429, "rate_limited");
    let (asked, watch) = (Duration::from_secs(rejected.retry_after()), Stopwatch::start());
    assert!(asked <= Duration::from_secs(3), "{asked:?}");
    pause(asked.saturating_sub(Duration::from_secs(2))).await;
    server.refresh(&current.refresh).await.expect_error(429, "rate_limited");
    pause(asked.saturating_sub(watch.elapsed())).await;
    server.refresh(&current.refresh).await.tokens();
}

// S-57
#[tokio::test]
async fn all_sessions_of_a_user_share_one_limit() {
    let server = start("0", "5").await;
    let (first, second) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    let (rotations, first, _) = rotate_until_limited(&server, first, 5).await;
    assert_eq!(rotations, 5);
    for token in [&first.refresh, &second.refresh] {
        server.refresh(token).await.expect_error(429, "rate_limited");
    }
    let other = server.log_in(BOB).await;
    server.refresh(&other.refresh).await.tokens();
}

// S-57
/// A used token is presented with its key in a loop. It gets a bounded number of access tokens, and the honest client keeps
/// the others.
#[tokio::test]
async fn a_loop_of_retries_is_bounded_and_revokes_no_other_token() {
    let server = Server::start().await;
    let login = server.log_in(ALICE).await;
    let first = server.refresh_with_key(&login.refresh, "one-call").await.tokens();
    let honest = server.log_in(ALICE).await;
    let (mut granted, mut limited) = (Vec::new(), 0);
    for _ in 0..100 {
        let reply = server.refresh_with_key(&login.refresh, "one-call").await;
        if reply.status == 200 {
            granted.push(reply.tokens());
        } else {
            reply.expect_error(429, "rate_limited");
            assert!((1..=60).contains(&reply.retry_after()));
            limited += 1;
        }
    }
    assert_eq!((granted.len(), limited), (15, 85));
    assert!(granted.iter().all(|tokens| tokens.refresh == first.refresh));
    assert!(server.access_token_is_alive(&honest.access).await);
    // A session has 16 live access tokens: of its 17, one was revoked.
    let mut alive = 0;
    for tokens in granted.iter().chain([&login, &first]) {
        alive += usize::from(server.access_token_is_alive(&tokens.access).await);
    }
    assert_eq!(alive, 16);
    server.refresh(&first.refresh).await.tokens();
}

// S-57
/// Reuse is detected in a session whose limit is reached.
#[tokio::test]
async fn reuse_beyond_the_limit_ends_the_session() {
    let server = start("3", "0").await;
    let login = server.log_in(ALICE).await;
    let (_, current, _) = rotate_until_limited(&server, login.clone(), 3).await;
    assert_eq!(server.expect_dead(&login.refresh).await.as_deref(), Some("reuse_detected"));
    assert!(!server.access_token_is_alive(&current.access).await);
}

// S-57
#[tokio::test]
async fn a_limit_of_zero_is_no_limit() {
    let server = start("0", "0").await;
    let mut tokens = server.log_in(ALICE).await;
    for _ in 0..80 {
        tokens = server.refresh(&tokens.refresh).await.tokens();
    }
    server.login(ALICE, PASSWORD).await.tokens();
}

#[tokio::test]
async fn metrics_distinguish_rotations_retries_shared_successors_and_limits() {
    let installation = Installation::new().set("TOKENS__CONCURRENT_REFRESH", "share").with_admin();
    let installation = installation.set("TOKENS__REFRESHES_PER_MINUTE", "4");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let tokens = server.log_in(ALICE).await;
    for key in ["one-call", "one-call", "another-call", "third-call"] {
        server.refresh_with_key(&tokens.refresh, key).await.tokens();
    }
    server.refresh(&tokens.refresh).await.expect_error(429, "rate_limited");
    let metrics = server.admin().call(Method::GET, "/metrics").await.text();
    for (outcome, reason, count) in [
        ("rotated", "rotated", 1),
        ("retried", "retried", 1),
        ("shared", "shared", 2),
        ("rate_limited", "too_many_refreshes", 1),
    ] {
        let labels = format!("{{outcome=\"{outcome}\",reason=\"{reason}\"}}");
        let line = format!("hooksentry_auth_refreshes_total{labels} {count}");
        assert!(metrics.lines().any(|known| known == line), "{line}:\n{metrics}");
    }
}

// S-93
#[tokio::test]
async fn rejected_refreshes_at_full_rate_are_sampled_in_the_log() {
    let server = start("1", "0").await;
    let (_, current, _) = rotate_until_limited(&server, server.log_in(ALICE).await, 1).await;
    for _ in 0..40 {
        server.refresh(&current.refresh).await.expect_error(429, "rate_limited");
    }
    let (_, finished) = server.stop().await;
    let lines = finished.stderr.lines().filter(|line| line.contains("refresh_blocked")).count();
    assert!((1..=11).contains(&lines), "{lines}");
}
