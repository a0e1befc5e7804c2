//! `docs/observability.md` lists exactly the metrics of the program. Documents, rules and board name no others.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod names;
mod reasons;
mod round_trips;
mod series;
mod table;

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Installation, Server, Stores};
use auth_testkit::servers::{RedisCluster, SentinelSet};
use reqwest::Method;

/// The stores are checked every ten seconds.
const CHECKED: Duration = Duration::from_secs(30);

/// Returns the metrics of a process that has served each operation.
async fn metrics() -> String {
    let installation = Installation::on(Stores::servers()).with_admin().set("TOKENS__VERIFICATION", "cached");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let tokens = server.log_in(ALICE).await;
    server.refresh(&tokens.refresh).await.tokens();
    scrape(&server).await
}

/// Returns the metrics of the sets of Redis servers, which a single server does not have.
async fn metrics_of_sets() -> [String; 2] {
    let sentinel = Stores::on_sentinel(SentinelSet::shared());
    let cluster = Stores::on_cluster(RedisCluster::shared());
    [
        metrics_with(sentinel, "redis_replica_lag_seconds ").await,
        metrics_with(cluster, "redis_uncovered_slots ").await,
    ]
}

/// Returns the metrics as soon as they have a series.
async fn metrics_with(stores: Stores, series: &str) -> String {
    let server = Server::start_on(Installation::on(stores).with_admin()).await;
    let watch = Stopwatch::start();
    loop {
        let text = scrape(&server).await;
        if text.lines().any(|line| line.starts_with("hooksentry_auth_") && line.contains(series)) {
            return text;
        }
        assert!(watch.elapsed() < CHECKED, "no {series}in\n{text}");
        pause(Duration::from_millis(200)).await;
    }
}

async fn scrape(server: &Server) -> String {
    let reply = server.admin().call(Method::GET, "/metrics").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    String::from_utf8(reply.body).expect("a text")
}
