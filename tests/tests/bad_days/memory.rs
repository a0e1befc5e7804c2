//! Memory that is full, or less than password hashes need.

use std::time::Duration;

use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores};

use crate::readiness::has_readiness;

/// A login takes memory for days, a refresh and a logout take none.
// S-96
#[tokio::test]
async fn a_full_redis_rejects_logins_only() {
    let server = Server::start_on(Installation::on(Stores::own_servers()).with_user(ALICE).await).await;
    let api = server.api();
    let [to_refresh, to_end] = [api.log_in(ALICE).await, api.log_in(ALICE).await];
    let servers = server.installation.servers();
    let keys = || servers.redis_cli(&["--scan", "--pattern", "auth:refresh:*"]).lines().count();
    let before = keys();
    servers.redis_cli(&["CONFIG", "SET", "maxmemory", "1"]);

    for _ in 0..3 {
        api.login(ALICE, PASSWORD).await.expect_error(503, "service_unavailable");
    }
    assert_eq!(keys(), before, "a login was stored");
    let refreshed = api.refresh(&to_refresh.refresh).await.tokens();
    assert!(api.access_token_is_alive(&refreshed.access).await);
    assert_eq!(api.logout(&to_end.access, &to_end.refresh).await.status, 204);
    assert!(!api.access_token_is_alive(&to_end.access).await);
    assert!(has_readiness(&server, 503, Duration::from_secs(2)).await);

    servers.redis_cli(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(api.login(ALICE, PASSWORD).await.status, 200);
    assert!(has_readiness(&server, 200, Duration::from_secs(2)).await);
}

#[tokio::test]
async fn more_memory_for_hashes_than_there_is_stops_the_start() {
    let message = Installation::embedded()
        .set("PASSWORD__CONCURRENCY", "1024")
        .set("PASSWORD__MEMORY_KIB", "262144")
        .rejects_to_serve()
        .await;
    assert!(message.contains("need up to 262144 MiB"), "{message}");
    assert!(message.contains("lower PASSWORD__CONCURRENCY"), "{message}");
}

/// Each rejected login takes the memory of the most expensive stored hash.
#[tokio::test]
async fn memory_of_stored_hashes_is_compared_with_the_limit() {
    let installation = Installation::embedded().set("PASSWORD__CONCURRENCY", "1024").migrated().await;
    let hash =
        "$argon2id$v=19$m=262144,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$MQ9G3hGJ4kY1mO5x7u8Vx0yqk8q1J9n0M7d8r3e4c5w";
    let words = ["user", "create", "--email", ALICE, "--password-hash-stdin"];
    installation.cli(&words, hash).await.expect_success();
    let report = installation.cli(&["doctor"], "").await.stdout;
    assert!(report.contains("need up to 262144 MiB (1024 at the same time, 262144 KiB each)"), "{report}");
}
