//! The content of Redis after logins and refreshes.

use std::fs;

use auth_e2e::spelling::Slices;
use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores, WRONG_PASSWORD};

const KEY: &str = "idempotency-key-of-this-call";

async fn used() -> (Server, Slices) {
    let server = Server::start_on(Installation::on(Stores::own_servers()).with_user(ALICE).await).await;
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
