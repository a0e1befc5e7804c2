//! The alerts with Prometheus, which scrapes running instances.

mod prometheus;
mod rules;

use std::collections::BTreeMap;
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Installation, Server, Stores};

use prometheus::Prometheus;

/// The longest time until a stopped store is an alert: checks are 10 seconds apart.
const ALERT_LIMIT: Duration = Duration::from_secs(30);
/// The time between looks at the alerts.
const PAUSE: Duration = Duration::from_millis(200);
const DOWN: &str = "HookSentryAuthDependencyDown";

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
