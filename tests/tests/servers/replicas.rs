//! Writes that replicas of Redis must confirm.

use std::time::Duration;

use auth_e2e::clock::holds_within;
use auth_e2e::{ALICE, Installation, PASSWORD, Server, Stores};
use auth_testkit::servers::RedisServer;

use crate::outages::expect_readiness;

/// A replica connects once a second.
const CONNECTED: Duration = Duration::from_secs(20);
const UP: &str = r#"{"postgres":"up","redis":"up"}"#;
const DOWN: &str = r#"{"postgres":"up","redis":"down"}"#;

// S-60
#[tokio::test(flavor = "multi_thread")]
async fn a_login_waits_for_as_many_replicas_as_the_setting_says() {
    let stores = Stores::own_redis(&["--repl-diskless-sync-delay", "0"]);
    let none = Installation::on(stores).with_user(ALICE).await;
    let one = none.another_instance().set("REDIS__WAIT_REPLICAS", "1");
    let (none, one) = (Server::start_on(none).await, Server::start_on(one).await);

    none.log_in(ALICE).await;
    expect_readiness(&none, 200, UP).await;
    let (login, ()) = tokio::join!(one.login(ALICE, PASSWORD), expect_readiness(&one, 503, DOWN));
    let message = login.expect_error(503, "service_unavailable");
    assert!(message.contains("unknown"), "{message}");
    let named = [r#""event":"diagnostics""#, "0 replicas have its data, and 1 must confirm each write"];
    assert!(one.process.logs(&named).await, "the missing replica is not named");

    let primary = none.installation.servers().redis;
    let of = format!("127.0.0.1 {}", primary.port());
    let _replica = RedisServer::start_with(&["--databases", "4096", "--replicaof", &of]);
    let is_connected = || primary.cli(&["INFO", "replication"]).contains("state=online");
    assert!(holds_within(CONNECTED, is_connected).await, "the replica does not connect");
    expect_readiness(&one, 200, UP).await;
    one.log_in(ALICE).await;
}
