//! Faults of the network between the service and its stores.

use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::reliability::Fault;
use auth_e2e::{Installation, Server, Stores};
use auth_testkit::servers::Proxy;

use crate::scenario::{Effect, survives, with_users};

/// Longer than a call takes.
const BETWEEN_RESETS: Duration = Duration::from_millis(130);
const SLOW: Duration = Duration::from_millis(200);
/// Longer than the timeouts of a command of Redis and of a connection.
const OF_REDIS: Duration = Duration::from_millis(1_600);
/// Longer than the timeout of a statement.
const OF_POSTGRES: Duration = Duration::from_millis(2_600);

/// A server whose connections to both stores go through proxies.
struct Stage {
    server: Server,
    redis: Proxy,
    postgres: Proxy,
}

impl Stage {
    async fn new() -> Self {
        let owner = with_users(Installation::on(Stores::servers())).await;
        let servers = owner.servers();
        let redis = Proxy::start(servers.redis.port()).await;
        let postgres = Proxy::start(servers.postgres.port()).await;
        let redis_url = format!("{}/{}", redis.url(), servers.redis_database());
        let port = |number: u16| format!(":{number}/");
        let postgres_url =
            servers.database().url().replace(&port(servers.postgres.port()), &port(postgres.port()));
        let installation = owner.set("REDIS__URL", &redis_url).set("POSTGRES__URL", &postgres_url);
        Self { server: Server::start_on(installation).await, redis, postgres }
    }
}

/// Delays the replies, also those to new connections.
fn slow(proxy: &Proxy) {
    proxy.delay(SLOW);
    proxy.cut();
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_replies_of_a_store_fail_no_call() {
    let (redis, postgres) = tokio::join!(Stage::new(), Stage::new());
    let slow_redis = survives(
        &redis.server,
        Fault::RedisSlow,
        Effect::Delay(SLOW),
        OF_REDIS,
        async || slow(&redis.redis),
        async |()| redis.redis.delay(Duration::ZERO),
    );
    let slow_postgres = survives(
        &postgres.server,
        Fault::PostgresSlow,
        Effect::Delay(SLOW),
        OF_REDIS,
        async || slow(&postgres.postgres),
        async |()| postgres.postgres.delay(Duration::ZERO),
    );
    tokio::join!(slow_redis, slow_postgres);
}

/// A call fails if its new connection is reset as well.
async fn reset_often(proxy: &Proxy) {
    for _ in 0..10 {
        pause(BETWEEN_RESETS).await;
        proxy.reset();
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn reset_connections_to_a_store_under_load_lose_nothing() {
    let (redis, postgres) = tokio::join!(Stage::new(), Stage::new());
    let resets_of_redis = survives(
        &redis.server,
        Fault::RedisReset,
        Effect::Any,
        Duration::ZERO,
        async || reset_often(&redis.redis).await,
        async |()| {},
    );
    let resets_of_postgres = survives(
        &postgres.server,
        Fault::PostgresReset,
        Effect::Any,
        Duration::ZERO,
        async || reset_often(&postgres.postgres).await,
        async |()| {},
    );
    tokio::join!(resets_of_redis, resets_of_postgres);
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn lost_packets_to_a_store_under_load_are_an_outage_and_lose_nothing() {
    let (redis, postgres) = tokio::join!(Stage::new(), Stage::new());
    let lost_to_redis = survives(
        &redis.server,
        Fault::RedisBlackHole,
        Effect::Outage,
        OF_REDIS,
        async || redis.redis.black_hole(true).await,
        async |()| redis.redis.black_hole(false).await,
    );
    let lost_to_postgres = survives(
        &postgres.server,
        Fault::PostgresBlackHole,
        Effect::Outage,
        OF_POSTGRES,
        async || postgres.postgres.black_hole(true).await,
        async |()| postgres.postgres.black_hole(false).await,
    );
    tokio::join!(lost_to_redis, lost_to_postgres);
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn garbage_of_a_store_under_load_is_an_outage_and_loses_nothing() {
    let (redis, postgres) = tokio::join!(Stage::new(), Stage::new());
    let garbage_of_redis = survives(
        &redis.server,
        Fault::RedisGarbage,
        Effect::Outage,
        OF_REDIS,
        async || redis.redis.answer(Some(Proxy::GARBAGE)),
        async |()| redis.redis.answer(None),
    );
    let garbage_of_postgres = survives(
        &postgres.server,
        Fault::PostgresGarbage,
        Effect::Outage,
        OF_REDIS,
        async || postgres.postgres.answer(Some(Proxy::GARBAGE)),
        async |()| postgres.postgres.answer(None),
    );
    tokio::join!(garbage_of_redis, garbage_of_postgres);
}
