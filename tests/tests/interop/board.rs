//! The alerts and the board with Prometheus, which scrapes running instances.

mod load;
mod picture;
mod prometheus;
mod rules;

use std::collections::BTreeMap;
use std::time::Duration;

use auth_e2e::board::{Panel, panels};
use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Installation, Server, Stores};
use futures_util::future::join_all;

use load::{Load, with_users};
use prometheus::Prometheus;

/// The longest time within which each panel must have data.
const DATA_LIMIT: Duration = Duration::from_secs(40);
/// The longest time until a stopped store is an alert: checks are 10 seconds apart.
const ALERT_LIMIT: Duration = Duration::from_secs(30);
/// The time between rounds of the load, and between looks at the alerts.
const PAUSE: Duration = Duration::from_millis(200);
const DOWN: &str = "HookSentryAuthDependencyDown";

#[tokio::test]
#[ignore = "needs prometheus, chromium and the packages of tests/browser/package-lock.json: run by `just interop`"]
async fn every_panel_of_the_board_has_data_and_is_drawn() {
    let servers = instances().await;
    let prometheus = Prometheus::start(&servers);
    let mut loads: Vec<_> = servers.iter().map(Load::new).collect();
    let (watch, mut number) = (Stopwatch::start(), 0_u8);
    loop {
        join_all(loads.iter_mut().map(|load| load.round(number))).await;
        number = number.wrapping_add(1);
        pause(PAUSE).await;
        if watch.elapsed() < picture::least_load() {
            continue;
        }
        let missing = without_data(&prometheus).await;
        if missing.is_empty() {
            break;
        }
        assert!(watch.elapsed() < picture::least_load() + DATA_LIMIT, "no data: {missing:#?}");
    }
    picture::draw(&prometheus, watch.elapsed(), servers[0].installation.folder()).await;
}

#[tokio::test]
#[ignore = "needs prometheus: run by `just interop`"]
async fn a_killed_redis_fires_the_alert_dependency_down() {
    let installation = Installation::on(Stores::own_servers()).with_admin().with_user(ALICE).await;
    let server = [Server::start_on(installation).await];
    let prometheus = Prometheus::start(&server);
    prometheus.expect_sample("hooksentry_auth_dependency_up == 1").await;
    assert_eq!(prometheus.firing().await, BTreeMap::new());
    server[0].installation.servers().redis.kill();
    let watch = Stopwatch::start();
    let mut firing = prometheus.firing().await;
    while !firing.contains_key(DOWN) {
        assert!(watch.elapsed() < ALERT_LIMIT, "only {firing:?} fire");
        pause(PAUSE).await;
        firing = prometheus.firing().await;
    }
    assert_eq!(firing[DOWN], "auth-1 cannot use redis");
}

/// Starts an instance on the embedded store, and two on servers with denylist caches.
async fn instances() -> [Server; 3] {
    let audited = |new: Installation| new.set("AUDIT__TARGET", "file").set("AUDIT__FILE", "audit.jsonl");
    let embedded = audited(Installation::embedded()).with_admin().without_refresh_limits();
    let servers = audited(Installation::on(Stores::servers())).without_refresh_limits();
    let first = servers.set("TOKENS__VERIFICATION", "cached");
    let second = first.another_instance();
    [
        Server::start_on(with_users(first.with_admin()).await).await,
        Server::start_on(second.with_admin()).await,
        Server::start_on(with_users(embedded).await).await,
    ]
}

/// Returns the queries of panels that have no data.
async fn without_data(prometheus: &Prometheus) -> Vec<String> {
    let mut missing = Vec::new();
    for Panel { title, queries, .. } in panels() {
        for query in queries {
            // The line at zero, which stands for no failure at all, has the first label only.
            let count = if query.expression.contains(" or on () ") { 1 } else { query.labels.len() };
            if !prometheus.has_number(&query.with_variables("10s"), &query.labels[..count]).await {
                missing.push(format!("{title}: {}", query.expression));
            }
        }
    }
    missing
}
