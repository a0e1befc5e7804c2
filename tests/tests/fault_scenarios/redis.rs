//! Faults of Redis.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::reliability::Fault;
use auth_e2e::{DURABLE, Installation, Server, Servers, Stores};

use crate::scenario::{Effect, survives, with_users};

/// Longer than the timeout of a command.
const FAULT: Duration = Duration::from_millis(1_200);

async fn start() -> Server {
    Server::start_on(with_users(Installation::on(Stores::own_redis(&DURABLE))).await).await
}

fn servers(server: &Server) -> &Servers {
    server.installation.servers()
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_redis_under_load_is_an_outage_and_loses_nothing() {
    let server = start().await;
    let redis = servers(&server).redis;
    survives(
        &server,
        Fault::RedisKilled,
        Effect::Outage,
        FAULT,
        async || redis.kill(),
        async |()| redis.start_again(),
    )
    .await;
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_under_load_is_an_outage_and_loses_nothing() {
    let server = start().await;
    let redis = servers(&server).redis;
    survives(
        &server,
        Fault::RedisFrozen,
        Effect::Outage,
        FAULT,
        async || redis.freeze(),
        async |()| redis.thaw(),
    )
    .await;
}

// S-66, S-96
#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_under_load_is_an_outage_and_loses_nothing() {
    let server = start().await;
    let limit = |bytes| {
        let answer = servers(&server).redis_cli(&["CONFIG", "SET", "maxmemory", bytes]);
        assert_eq!(answer, "OK");
    };
    survives(&server, Fault::RedisFull, Effect::Outage, FAULT, async || limit("1"), async |()| limit("0"))
        .await;
}

/// Redis ends the present connections and accepts no more.
// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_without_free_connections_under_load_is_an_outage_and_loses_nothing() {
    let server = start().await;
    let begin = async || {
        // Later there is no place for another `redis-cli`.
        let mut only = TcpStream::connect(("127.0.0.1", servers(&server).redis.port())).unwrap();
        only.write_all(b"CONFIG SET maxclients 1\r\nCLIENT KILL TYPE normal\r\n").unwrap();
        only
    };
    let end = async |mut only: TcpStream| only.write_all(b"CONFIG SET maxclients 10000\r\n").unwrap();
    survives(&server, Fault::RedisConnectionsExhausted, Effect::Outage, FAULT, begin, end).await;
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn flushed_scripts_under_load_fail_no_call() {
    let server = start().await;
    let begin = async || repeat(&server, &["SCRIPT", "FLUSH"]).await;
    survives(
        &server,
        Fault::ScriptFlush,
        Effect::Delay(Duration::ZERO),
        Duration::ZERO,
        begin,
        async |()| {},
    )
    .await;
}

/// A call fails if its new connection is killed as well.
// S-66
#[tokio::test(flavor = "multi_thread")]
async fn killed_connections_to_redis_under_load_lose_nothing() {
    let server = start().await;
    let begin = async || repeat(&server, &["CLIENT", "KILL", "TYPE", "normal"]).await;
    survives(&server, Fault::ClientKill, Effect::Any, Duration::ZERO, begin, async |()| {}).await;
}

/// Runs a command of Redis again and again under load.
async fn repeat(server: &Server, command: &[&str]) {
    for _ in 0..8 {
        servers(server).redis_cli(command);
        pause(Duration::from_millis(120)).await;
    }
}
