//! Concurrent refreshes of one token, in both modes of `TOKENS__CONCURRENT_REFRESH`.

use std::collections::BTreeSet;
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::{ALICE, Api, Installation, Server, Tokens};
use futures_util::future::join_all;

/// Long enough for the pauses within it, also on a slow machine.
const GRACE_PERIOD: Duration = Duration::from_secs(4);
const OWNER: &str = "192.0.2.1";
const THIEF: &str = "198.51.100.7";

async fn start(mode: &str) -> Server {
    let installation = Installation::new()
        .set("TOKENS__CONCURRENT_REFRESH", mode)
        .set("TOKENS__REUSE_LEEWAY", &format!("{}s", GRACE_PERIOD.as_secs()))
        .set("HTTP__TRUSTED_PROXIES", "127.0.0.1");
    Server::start_on(installation.with_user(ALICE).await).await
}

/// A client with this address, behind a trusted proxy.
fn from(server: &Server, address: &str) -> Api {
    server.with_header("x-forwarded-for", address)
}

// S-47
/// The dashboard starts two refreshes of one token after a reload, and logs its user out if one fails.
#[tokio::test]
async fn two_refreshes_350_ms_apart_both_succeed_if_they_share() {
    let server = start("share").await;
    let tokens = server.log_in(ALICE).await;
    let (first, second) = apart(&server, &tokens).await;
    let (first, second) = (first.tokens(), second.tokens());
    assert_eq!(first.refresh, second.refresh);
    assert_ne!(first.access, second.access, "the access token is a fresh one");
    for pair in [&first, &second] {
        assert!(server.access_token_is_alive(&pair.access).await);
    }
    let third = server.refresh(&first.refresh).await.tokens();
    assert_eq!(server.logout(&third.access, &third.refresh).await.status, 204);
    for pair in [&first, &second, &third] {
        assert!(!server.access_token_is_alive(&pair.access).await, "an access token outlives its session");
    }
}

#[tokio::test]
async fn of_two_refreshes_350_ms_apart_one_is_rejected_by_default() {
    let server = start("reject").await;
    let tokens = server.log_in(ALICE).await;
    let (first, second) = apart(&server, &tokens).await;
    second.expect_error(401, "invalid_refresh_token");
    assert_eq!(second.reason().as_deref(), Some("already_used"));
    server.refresh(&first.tokens().refresh).await.tokens();
}

async fn apart(server: &Server, tokens: &Tokens) -> (auth_e2e::Reply, auth_e2e::Reply) {
    let later = async {
        pause(Duration::from_millis(350)).await;
        server.refresh(&tokens.refresh).await
    };
    tokio::join!(server.refresh(&tokens.refresh), later)
}

// S-47
#[tokio::test(flavor = "multi_thread")]
async fn of_64_simultaneous_shared_refreshes_16_get_one_successor() {
    let server = start("share").await;
    for _ in 0..3 {
        let tokens = server.log_in(ALICE).await;
        let calls = (0..64).map(|_| {
            let (api, token) = (server.api(), tokens.refresh.clone());
            async move { tokio::spawn(async move { api.refresh(&token).await }).await.unwrap() }
        });
        let replies = join_all(calls).await;
        let (done, limited): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
        for reply in limited {
            reply.expect_error(429, "rate_limited");
        }
        let successors: BTreeSet<_> = done.iter().map(|reply| reply.tokens().refresh).collect();
        assert_eq!((done.len(), successors.len()), (16, 1));
        server.refresh(&done[0].tokens().refresh).await.tokens();
    }
}

// S-52
#[tokio::test]
async fn an_older_token_is_not_shared() {
    let server = start("share").await;
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    let third = server.refresh(&second.refresh).await.tokens();
    assert_eq!(server.expect_dead(&first.refresh).await.as_deref(), Some("reuse_detected"));
    assert_eq!(server.expect_dead(&third.refresh).await.as_deref(), Some("reuse_detected"));
}

// S-48, S-85
/// The owner uses A and gets B. The thief presents A a second later and gets B, too. One of them uses B first and goes on; the
/// first use of B by the other, after the grace period, ends the session.
#[tokio::test]
async fn a_thief_who_shares_a_successor_is_detected_at_its_second_use() {
    for thief_is_first in [false, true] {
        let server = start("share").await;
        let (owner, thief) = (from(&server, OWNER), from(&server, THIEF));
        let a = owner.log_in(ALICE).await;
        let b = owner.refresh(&a.refresh).await.tokens();
        pause(Duration::from_secs(1)).await;
        let stolen = thief.refresh(&a.refresh).await.tokens();
        assert_eq!(stolen.refresh, b.refresh, "no second chain of tokens begins");

        let (first, second) = if thief_is_first { (&thief, &owner) } else { (&owner, &thief) };
        let c = first.refresh(&b.refresh).await.tokens();
        pause(GRACE_PERIOD + Duration::from_millis(200)).await;
        let d = first.refresh(&c.refresh).await.tokens();
        assert_eq!(second.expect_dead(&b.refresh).await.as_deref(), Some("reuse_detected"));
        for tokens in [&a, &b, &stolen, &c, &d] {
            assert_eq!(first.expect_dead(&tokens.refresh).await.as_deref(), Some("reuse_detected"));
            assert!(!server.access_token_is_alive(&tokens.access).await);
        }
        let shared = ["refresh_succeeded", "\"reason\":\"shared\"", "\"same_address\":false"];
        assert!(server.process.logs(&shared).await, "{}", server.process.stderr());
        let reuse = ["refresh_reuse_detected", "\"same_address\":false"];
        assert!(server.process.logs(&reuse).await, "{}", server.process.stderr());
    }
}

#[tokio::test]
async fn the_second_use_of_a_shared_successor_is_reuse_without_other_uses() {
    let server = start("share").await;
    let (owner, thief) = (from(&server, OWNER), from(&server, THIEF));
    let a = owner.log_in(ALICE).await;
    let b = owner.refresh(&a.refresh).await.tokens();
    assert_eq!(thief.refresh(&a.refresh).await.tokens().refresh, b.refresh);
    let c = owner.refresh(&b.refresh).await.tokens();
    pause(GRACE_PERIOD + Duration::from_millis(200)).await;
    assert_eq!(thief.expect_dead(&b.refresh).await.as_deref(), Some("reuse_detected"));
    assert_eq!(owner.expect_dead(&c.refresh).await.as_deref(), Some("reuse_detected"));
}

#[tokio::test]
async fn share_without_a_grace_period_is_rejected_by_name() {
    let installation =
        Installation::new().set("TOKENS__CONCURRENT_REFRESH", "share").set("TOKENS__REUSE_LEEWAY", "0s");
    let problems = installation.rejects_to_serve().await;
    assert!(problems.contains("TOKENS__CONCURRENT_REFRESH"), "{problems}");
}
