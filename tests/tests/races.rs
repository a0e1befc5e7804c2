//! Simultaneous requests on one session.

use std::collections::BTreeSet;

use auth_e2e::{ALICE, Api, Reply, Server, rounds};
use futures_util::future::join_all;

// S-47
#[tokio::test(flavor = "multi_thread")]
async fn of_64_simultaneous_refreshes_exactly_one_succeeds() {
    let server = Server::start_without_refresh_limits().await;
    for _ in 0..rounds(1_000) {
        let tokens = server.log_in(ALICE).await;
        let replies = at_once(&server, 64, None, &tokens.refresh).await;
        let winners: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(winners.len(), 1);
        for loser in replies.iter().filter(|reply| reply.status != 200) {
            loser.expect_error(401, "invalid_refresh_token");
            assert_eq!(loser.reason().as_deref(), Some("already_used"));
        }
        let next = winners[0].tokens();
        assert!(server.access_token_is_alive(&next.access).await);
        server.refresh(&next.refresh).await.tokens();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_retries_all_get_the_same_refresh_token() {
    let server = Server::start_without_refresh_limits().await;
    for _ in 0..rounds(100) {
        let tokens = server.log_in(ALICE).await;
        let replies = at_once(&server, 12, Some("one-call"), &tokens.refresh).await;
        let pairs: Vec<_> = replies.iter().map(Reply::tokens).collect();
        let refresh: BTreeSet<_> = pairs.iter().map(|pair| pair.refresh.as_str()).collect();
        let access: BTreeSet<_> = pairs.iter().map(|pair| pair.access.as_str()).collect();
        assert_eq!((refresh.len(), access.len()), (1, 12));

        let next = server.refresh(&pairs[0].refresh).await.tokens();
        assert_eq!(server.logout(&next.access, &next.refresh).await.status, 204);
        for pair in &pairs {
            assert!(!server.access_token_is_alive(&pair.access).await);
        }
    }
}

// S-57
/// A rotation has at most 15 retries. A session has at most 16 live access tokens, so the last retry first revokes the oldest
/// one.
#[tokio::test(flavor = "multi_thread")]
async fn many_retries_never_fork_or_end_the_session() {
    let server = Server::start_without_refresh_limits().await;
    for _ in 0..rounds(100) {
        let tokens = server.log_in(ALICE).await;
        let replies = at_once(&server, 48, Some("one-call"), &tokens.refresh).await;
        let (done, limited): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
        for reply in limited {
            reply.expect_error(429, "rate_limited");
            reply.retry_after();
        }
        let pairs: Vec<_> = done.iter().map(|reply| reply.tokens()).collect();
        let refresh: BTreeSet<_> = pairs.iter().map(|pair| &pair.refresh).collect();
        assert_eq!((pairs.len(), refresh.len()), (16, 1));

        let next = server.refresh(&pairs[0].refresh).await.tokens();
        assert!(server.access_token_is_alive(&next.access).await);
        assert_eq!(server.logout(&next.access, &next.refresh).await.status, 204);
        for pair in pairs {
            assert!(!server.access_token_is_alive(&pair.access).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_refreshes_of_many_sessions_all_succeed() {
    let server = Server::start_without_refresh_limits().await;
    let mut sessions = Vec::new();
    for _ in 0..16 {
        sessions.push(server.log_in(ALICE).await);
    }
    let sessions = sessions.into_iter().map(|mut tokens| {
        let api = server.api();
        tokio::spawn(async move {
            for _ in 0..20 {
                tokens = api.refresh(&tokens.refresh).await.tokens();
            }
            tokens
        })
    });
    for session in join_all(sessions).await {
        let tokens = session.unwrap();
        assert!(server.access_token_is_alive(&tokens.access).await);
        assert_eq!(server.logout(&tokens.access, &tokens.refresh).await.status, 204);
    }
}

// S-64
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_races_a_refresh_leaves_no_live_token() {
    let server = Server::start_without_refresh_limits().await;
    for round in 0..rounds(10_000) {
        let tokens = server.log_in(ALICE).await;
        let key = if round % 2 == 0 { None } else { Some("key") };
        let (refreshed, left) = tokio::join!(
            spawn_refresh(&server, &tokens.refresh, key),
            server.logout(&tokens.access, &tokens.refresh),
        );
        assert_eq!(left.status, 204, "{}", left.text());
        assert!(!server.access_token_is_alive(&tokens.access).await);
        server.expect_dead(&tokens.refresh).await;
        if refreshed.status == 200 {
            let minted = refreshed.tokens();
            assert!(!server.access_token_is_alive(&minted.access).await, "round {round}");
            server.expect_dead(&minted.refresh).await;
        } else {
            refreshed.expect_error(401, "invalid_refresh_token");
        }
    }
}

// S-59
#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_logouts_of_one_session_all_end_it() {
    let server = Server::start_without_refresh_limits().await;
    for _ in 0..rounds(400) {
        let tokens = server.log_in(ALICE).await;
        let calls = (0..8).map(|_| {
            let (api, tokens) = (server.api(), tokens.clone());
            tokio::spawn(async move { api.logout(&tokens.access, &tokens.refresh).await })
        });
        let replies: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
        assert!(replies.iter().any(|reply| reply.status == 204));
        for late in replies.iter().filter(|reply| reply.status != 204) {
            late.expect_error(401, "invalid_token");
        }
        assert!(!server.access_token_is_alive(&tokens.access).await);
        server.expect_dead(&tokens.refresh).await;
    }
}

async fn at_once(server: &Server, count: usize, key: Option<&'static str>, token: &str) -> Vec<Reply> {
    let calls = (0..count).map(|_| spawn_refresh(server, token, key));
    join_all(calls).await
}

#[expect(clippy::expect_used, reason = "a task that panics fails the test")]
async fn spawn_refresh(server: &Server, token: &str, key: Option<&'static str>) -> Reply {
    let (api, token): (Api, String) = (server.api(), token.to_owned());
    let call = async move {
        match key {
            Some(key) => api.refresh_with_key(&token, key).await,
            None => api.refresh(&token).await,
        }
    };
    tokio::spawn(call).await.expect("an answer")
}
