//! Rolling restarts of three instances behind a proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::{Api, Installation, PASSWORD, Reply, Server, Stores, Tokens, send};
use reqwest::Method;

use crate::proxies::{Forwarding, Proxy, haproxy, nginx_of_three};

/// 40 clients with 5 requests a second each.
const CLIENTS: usize = 40;
const PERIOD: Duration = Duration::from_millis(200);
/// One request in six is a refresh: 50 in a minute and session.
const REFRESH_EVERY: usize = 6;
const USERS: usize = 10;
/// The time within which a proxy notices that an instance is ready: twice 500 ms, plus the duration of the checks.
const NOTICED: Duration = Duration::from_secs(2);

/// The results of the clients.
#[derive(Debug, Default)]
struct Seen {
    stop: AtomicBool,
    requests: AtomicUsize,
    failed: std::sync::Mutex<Vec<String>>,
}

impl Seen {
    fn note(&self, reply: Result<Reply, reqwest::Error>) -> Option<Reply> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let failed = match reply {
            Ok(reply) if reply.status == 200 => return Some(reply),
            Ok(reply) => reply.text(),
            Err(error) => format!("{error:?}"),
        };
        self.failed.lock().expect("no panic").push(failed);
        None
    }
}

/// Makes requests on kept-alive connections until it is stopped.
async fn client(api: Api, mut tokens: Tokens, seen: Arc<Seen>, number: usize) {
    pause(PERIOD * u32::try_from(number).expect("a small number") / 40).await;
    let mut turns = tokio::time::interval(PERIOD);
    for turn in number.. {
        turns.tick().await;
        if seen.stop.load(Ordering::Relaxed) {
            return;
        }
        if turn % REFRESH_EVERY == 0 {
            let Some(reply) = seen.note(api.try_refresh(&tokens.refresh).await) else { return };
            tokens = reply.tokens();
        } else {
            let me = api.request(Method::GET, "/api/v1/auth/me").bearer_auth(&tokens.access);
            let _: Option<Reply> = seen.note(send(me).await);
        }
    }
}

/// Replaces three instances one after the other while the clients go on.
async fn replace_all_behind(proxy: impl Fn([&str; 3]) -> Proxy) {
    let mut installation = Installation::on(Stores::servers())
        .set("HTTP__TRUSTED_PROXIES", "127.0.0.1")
        .set("HTTP__DRAIN_DELAY", "2s");
    for user in 0..USERS {
        installation = installation.with_user(&format!("user{user}@example.com")).await;
    }
    let servers = Server::start_three(installation).await;
    let addresses = servers.each_ref().map(|server| server.installation.address());
    let proxy = proxy(addresses.each_ref().map(String::as_str));
    let api = Api::new(&proxy.address());
    pause(NOTICED).await;

    let seen = Arc::new(Seen::default());
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let tokens = api.login(&format!("user{}@example.com", number % USERS), PASSWORD).await.tokens();
        clients.push(tokio::spawn(client(api.keeping_connections(), tokens, seen.clone(), number)));
    }
    pause(Duration::from_secs(1)).await;
    let mut replaced = Vec::new();
    for server in servers {
        let (installation, finished) = server.stop().await;
        assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
        replaced.push(Server::start_on(installation).await);
        pause(NOTICED).await;
    }
    seen.stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("a client without a panic");
    }
    let failed = std::mem::take(&mut *seen.failed.lock().expect("no panic"));
    let requests = seen.requests.load(Ordering::Relaxed);
    assert!(failed.is_empty(), "{} of {requests} failed: {failed:#?}", failed.len());
    assert!(requests > 1_500, "only {requests} requests");
}

// S-97
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs haproxy: run by `just interop`"]
async fn a_rolling_restart_behind_haproxy_loses_no_request() {
    replace_all_behind(|services| haproxy(services, Forwarding::Replacing)).await;
}

// S-97
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx: run by `just interop`"]
async fn a_rolling_restart_behind_nginx_loses_no_request() {
    replace_all_behind(nginx_of_three).await;
}
