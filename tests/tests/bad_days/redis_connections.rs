//! Connections to Redis that died while no request used them.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, in_time, pause};
use auth_e2e::{ALICE, Api, Installation, PASSWORD, Server, Stores, Tokens};
use auth_testkit::servers::{Proxy, RedisServer};
use futures_util::future::join_all;

/// The bound that `docs/operations.md` states for a request after a connection died silently.
const BOUND: Duration = Duration::from_secs(2);
/// A connection that was not used for this long is asked before its next use.
const IDLE: Duration = Duration::from_millis(1_100);

/// Returns a server whose Redis is `url`.
async fn serving(url: &str) -> Server {
    let installation = Installation::on(Stores::servers()).set("REDIS__URL", url).without_refresh_limits();
    Server::start_on(installation.with_user(ALICE).await).await
}

/// Sends logins, refreshes and verifications at the same time, which must all succeed. Returns new tokens.
async fn assert_serves(api: &Api, tokens: Vec<Tokens>) -> Vec<Tokens> {
    let logins = join_all((0..4).map(|_| async { api.login(ALICE, PASSWORD).await.tokens() }));
    let others = tokens.iter().map(|tokens| async {
        assert_eq!(api.me(&tokens.access).await.status, 200);
        api.refresh(&tokens.refresh).await.tokens();
    });
    let (new, _) = tokio::join!(logins, join_all(others));
    new
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_that_redis_closes_fail_no_request() {
    let redis = RedisServer::start_with(&["--timeout", "1"]);
    let server = serving(&redis.url()).await;
    let mut tokens = assert_serves(&server, vec![]).await;
    for _ in 0..3 {
        // Redis looks for idle clients once a second.
        pause(Duration::from_millis(2_500)).await;
        tokens = assert_serves(&server, tokens).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_connections_fail_no_request() {
    let redis = RedisServer::start();
    let server = serving(&redis.url()).await;
    let mut tokens = assert_serves(&server, vec![]).await;
    for round in 0..10 {
        let _ = redis.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
        if round % 2 == 0 {
            pause(Duration::from_millis(20)).await;
        }
        tokens = assert_serves(&server, tokens).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_a_proxy_closes_fail_no_request() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port()).await;
    let server = serving(&proxy.url()).await;
    let mut tokens = assert_serves(&server, vec![]).await;
    for _ in 0..5 {
        proxy.cut();
        tokens = assert_serves(&server, tokens).await;
    }
}

/// A firewall that forgets idle connections sends neither an end nor a reset.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_died_silently_fail_no_request() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port()).await;
    let server = serving(&proxy.url()).await;
    let mut tokens = assert_serves(&server, vec![]).await;
    for _ in 0..3 {
        proxy.forget_connections();
        pause(IDLE).await;
        let watch = Stopwatch::start();
        tokens = assert_serves(&server, tokens).await;
        assert!(watch.elapsed() < in_time(BOUND), "{:?}", watch.elapsed());
    }
}

/// A connection that was answered within the last second is not asked before its use.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_dies_silently_in_use_is_replaced_soon() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port()).await;
    let server = serving(&proxy.url()).await;
    let tokens = assert_serves(&server, vec![]).await;
    proxy.forget_connections();
    let watch = Stopwatch::start();
    let status = server.login(ALICE, PASSWORD).await.status;
    assert!([200, 503].contains(&status), "{status}");
    assert!(watch.elapsed() < in_time(BOUND), "{:?}", watch.elapsed());
    pause(IDLE).await;
    assert_serves(&server, tokens).await;
}
