//! The content of Redis after logins and refreshes.

use std::fs;

use auth_e2e::spelling::Slices;
use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores, WRONG_PASSWORD};

const KEY: &str = "idempotency-key-of-this-call";

async fn used() -> (Server, Slices) {
    // With shared successors, each rotation stores a sealed one.
    let installation = Installation::on(Stores::own_servers()).set("TOKENS__CONCURRENT_REFRESH", "share");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let mut slices = Slices::default();
    for _ in 0..3 {
        let first = server.log_in(ALICE).await;
        let second = server.refresh_with_key(&first.refresh, KEY).await.tokens();
        let third = server.refresh(&second.refresh).await.tokens();
        for tokens in [&first, &second, &third] {
            slices.add_tokens(tokens);
        }
    }
    server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    let ended = server.log_in(ALICE).await;
    assert_eq!(server.logout(&ended.access, &ended.refresh).await.status, 204);
    for secret in [PASSWORD, WRONG_PASSWORD, KEY, ALICE] {
        slices.add(secret);
    }
    (server, slices)
}

// S-21, S-46
#[tokio::test]
async fn a_dump_of_redis_contains_no_token_password_or_email() {
    let (server, slices) = used().await;
    let redis = server.installation.servers();
    assert_eq!(redis.redis_cli(&["CONFIG", "SET", "rdbcompression", "no"]), "OK");
    assert_eq!(redis.redis_cli(&["SAVE"]), "OK");
    let dump = fs::read(redis.redis.folder().join("dump.rdb")).unwrap();
    assert!(dump.len() > 1_000, "{} bytes are no dump", dump.len());
    assert_eq!(slices.find_in(&dump), None);
}

// S-57
/// A rotation in a loop, and a used token with its key in a loop, stop adding keys when they reach their limit.
#[tokio::test]
async fn rejected_refreshes_add_nothing_to_redis() {
    let server = Server::start_on(Installation::on(Stores::servers()).with_user(ALICE).await).await;
    let (mut rotating, retried) = (server.log_in(ALICE).await, server.log_in(ALICE).await);
    let honest = server.log_in(ALICE).await;
    let mut reply = server.refresh(&rotating.refresh).await;
    for _ in 0..70 {
        if reply.status == 200 {
            rotating = reply.tokens();
        }
        reply = server.refresh(&rotating.refresh).await;
        drop(server.refresh_with_key(&retried.refresh, KEY).await);
    }
    let redis = server.installation.servers();
    let before = redis.redis_cli(&["DBSIZE"]);
    let denylist = redis.redis_cli(&["KEYS", "auth:jwt:revoked:*"]).lines().count();
    // 60 rotations, and 16 answers to the other token; a session keeps 16 access tokens.
    assert_eq!(denylist, 61 - 16 + 17 - 16);
    for _ in 0..50 {
        server.refresh(&rotating.refresh).await.expect_error(429, "rate_limited");
        server.refresh_with_key(&retried.refresh, KEY).await.expect_error(429, "rate_limited");
    }
    assert_eq!(redis.redis_cli(&["DBSIZE"]), before);
    assert!(server.access_token_is_alive(&honest.access).await);
    server.refresh(&honest.refresh).await.tokens();
}

// S-16
#[tokio::test]
async fn every_key_in_redis_has_a_lifetime() {
    let (server, _) = used().await;
    let redis = server.installation.servers();
    let keys = redis.redis_cli(&["KEYS", "*"]);
    assert!(keys.lines().count() > 8, "{keys}");
    for key in keys.lines() {
        let lifetime: i64 = redis.redis_cli(&["PTTL", key]).parse().unwrap();
        assert!(lifetime > 0, "{key} lives for ever");
    }
}
