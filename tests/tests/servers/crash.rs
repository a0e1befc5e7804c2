//! Instances that are killed during refreshes without an `Idempotency-Key`.

use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::randomness::Randomness;
use auth_e2e::{ALICE, Installation, Server, Stores, rounds};

/// Without the key, a lost response costs at most a login; there are never two live tokens.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_during_a_refresh_never_leaves_two_live_tokens() {
    let first = Installation::on(Stores::servers()).without_refresh_limits().with_user(ALICE).await;
    let second = first.another_instance();
    let (mut dying, other) = (Server::start_on(first).await, Server::start_on(second).await);
    let mut randomness = Randomness::new();
    for _ in 0..rounds(300) {
        let tokens = other.log_in(ALICE).await;
        let (api, token) = (dying.api(), tokens.refresh.clone());
        let call = tokio::spawn(async move { api.try_refresh(&token).await });
        pause(randomness.time_below(Duration::from_millis(8))).await;
        dying.kill_and_restart().await;
        let answered = call.await.unwrap().ok().filter(|reply| reply.status == 200);

        let again = other.refresh(&tokens.refresh).await;
        match answered {
            Some(reply) => {
                again.expect_error(401, "invalid_refresh_token");
                other.refresh(&reply.tokens().refresh).await.tokens();
            }
            None if again.status == 200 => drop(other.refresh(&again.tokens().refresh).await.tokens()),
            None => drop(again.expect_error(401, "invalid_refresh_token")),
        }
    }
}
