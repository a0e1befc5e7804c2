//! Acknowledged changes survive a kill at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::randomness::{Randomness, unique};
use auth_e2e::{ALICE, Api, BOB, Server, Tokens, rounds};
use futures_util::future::join_all;

const CLIENTS: usize = 4;

#[tokio::test]
async fn a_kill_between_two_calls_loses_nothing_acknowledged() {
    let mut server = Server::start().await;
    for _ in 0..5 {
        let first = server.log_in(ALICE).await;
        server.kill_and_restart().await;
        assert!(server.access_token_is_alive(&first.access).await, "the signing key is kept");
        let second = server.refresh(&first.refresh).await.tokens();
        server.kill_and_restart().await;
        assert_eq!(server.expect_dead(&first.refresh).await.as_deref(), Some("already_used"));
        let third = server.refresh_with_key(&second.refresh, "key").await.tokens();
        server.kill_and_restart().await;
        let repeated = server.refresh_with_key(&second.refresh, "key").await.tokens();
        assert_eq!(repeated.refresh, third.refresh);
        server.kill_and_restart().await;
        assert_eq!(server.logout(&repeated.access, &repeated.refresh).await.status, 204);
        server.kill_and_restart().await;
        assert_eq!(server.expect_dead(&third.refresh).await.as_deref(), Some("logged_out"));
        for access in [&first.access, &second.access, &third.access, &repeated.access] {
            assert!(!server.access_token_is_alive(access).await);
        }
    }
}

#[tokio::test]
async fn a_user_created_while_a_server_runs_survives_its_kill() {
    let mut server = Server::start().await;
    let create = ["user", "create", "--email", BOB, "--password-stdin"];
    server.installation.cli(&create, auth_e2e::PASSWORD).await.expect_success();
    server.kill_and_restart().await;
    server.log_in(BOB).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_with_an_idempotency_key_survive_random_kills() {
    let mut server = Server::start_without_refresh_limits().await;
    let done = Arc::new(AtomicBool::new(false));
    let refreshes = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = {
        let first = join_all((0..CLIENTS).map(|_| server.log_in(ALICE))).await;
        let start = |tokens| tokio::spawn(go_on(server.api(), tokens, done.clone(), refreshes.clone()));
        first.into_iter().map(start).collect()
    };

    let mut randomness = Randomness::new();
    for _ in 0..rounds(3_000) {
        pause(randomness.time_below(Duration::from_millis(60))).await;
        server.kill_and_restart().await;
        assert!(clients.iter().all(|client| !client.is_finished()), "a client has stopped");
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        let tokens = client.await.unwrap();
        assert!(server.access_token_is_alive(&tokens.access).await);
        server.refresh(&tokens.refresh).await.tokens();
    }
    assert!(refreshes.load(Ordering::Relaxed) > rounds(3_000), "too few refreshes between the kills");
}

/// Refreshes until `stop` is set; a request without a response is repeated unchanged.
async fn go_on(api: Api, mut tokens: Tokens, done: Arc<AtomicBool>, refreshes: Arc<AtomicUsize>) -> Tokens {
    while !done.load(Ordering::Relaxed) {
        tokens = refresh_at_last(&api, &tokens, &unique("call")).await;
        refreshes.fetch_add(1, Ordering::Relaxed);
        pause(Duration::from_millis(2)).await;
    }
    tokens
}

#[expect(clippy::panic, reason = "the test has failed")]
async fn refresh_at_last(api: &Api, tokens: &Tokens, key: &str) -> Tokens {
    for _ in 0..3_000 {
        match api.try_refresh_with_key(&tokens.refresh, key).await {
            Ok(reply) if reply.status == 503 => {}
            Ok(reply) => return reply.tokens(),
            Err(_) => {}
        }
        pause(Duration::from_millis(5)).await;
    }
    panic!("no response in 3,000 attempts");
}
