//! A shutdown loses no request on a kept-alive connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::{ALICE, Installation, Reply, Server, Signal, Wire};
use futures_util::future::join_all;

/// Longer than any pause of these clients, even on a busy machine.
const DRAIN_DELAY: &str = "3s";
const CLIENTS: usize = 16;
/// Sixteen clients with this pause send 200 requests a second.
const PAUSE: Duration = Duration::from_millis(80);
const BODY: &str = r#"{"refreshToken":"x"}"#;
const LIMIT: Duration = Duration::from_secs(20);

fn request() -> String {
    let head = "POST /api/v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
    format!("{head}\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len())
}

async fn draining_server() -> Server {
    let installation = Installation::new().set("HTTP__DRAIN_DELAY", DRAIN_DELAY).with_user(ALICE).await;
    Server::start_on(installation).await
}

/// Sends a request on a kept connection; `None` if it is lost.
async fn ask(wire: &mut Wire) -> Option<Reply> {
    if !wire.send(request()).await {
        return None;
    }
    let reply = wire.reply().await?;
    reply.expect_error(401, "invalid_refresh_token");
    Some(reply)
}

fn closes(reply: &Reply) -> bool {
    reply.header("connection") == Some("close")
}

// S-97
#[tokio::test(flavor = "multi_thread")]
async fn from_sigterm_on_responses_close_and_none_is_lost() {
    let server = draining_server().await;
    let mut kept = join_all((0..CLIENTS).map(|_| server.connect())).await;
    for wire in &mut kept {
        assert!(ask(wire).await.is_some_and(|reply| !closes(&reply)));
    }
    server.process.signal(Signal::TERM);
    assert!(server.process.logs(&["\"stopping\""]).await);
    for wire in &mut kept {
        assert!(ask(wire).await.is_some_and(|reply| closes(&reply)));
        assert!(wire.reply().await.is_none(), "the connection is closed");
    }
    let mut new = server.connect().await;
    assert!(ask(&mut new).await.is_some_and(|reply| closes(&reply)), "the listener continues");
    let Server { process, .. } = server;
    assert_eq!(process.finish(LIMIT).await.code(), Some(0));
}

// S-97
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_opened_before_the_shutdown_is_served() {
    let server = Server::start().await;
    let mut opened = join_all((0..CLIENTS).map(|_| server.connect())).await;
    server.process.signal(Signal::TERM);
    // A request may be answered before the service receives the signal; that response need not close its connection.
    let replies = join_all(opened.iter_mut().map(ask)).await;
    assert!(replies.iter().all(Option::is_some));
    let Server { process, .. } = server;
    assert_eq!(process.finish(LIMIT).await.code(), Some(0));
}

// S-97
#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_no_request_of_a_kept_alive_client() {
    let mut servers = join_all((0..3).map(|_| draining_server())).await;
    let addresses: Vec<_> = servers.iter().map(|server| server.installation.address()).collect();
    let traffic = Arc::new(Traffic::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| tokio::spawn(Arc::clone(&traffic).flow(addresses.clone(), number)))
        .collect();
    for _ in 0..3 {
        let (installation, finished) = servers.remove(0).stop().await;
        assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
        servers.push(Server::start_on(installation).await);
    }
    traffic.is_over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    assert_eq!(count(&traffic.lost), 0, "of {}", count(&traffic.answered));
    assert!(count(&traffic.answered) > 300, "{}", count(&traffic.answered));
    assert!(count(&traffic.closed) >= CLIENTS, "{}", count(&traffic.closed));
}

#[derive(Default)]
struct Traffic {
    answered: AtomicUsize,
    lost: AtomicUsize,
    /// Connections that a response announced as closed.
    closed: AtomicUsize,
    is_over: AtomicBool,
}

impl Traffic {
    /// Sends requests on one connection as long as the service keeps it, and then on one to the next instance that listens.
    async fn flow(self: Arc<Self>, addresses: Vec<String>, first: usize) {
        let mut next = addresses.iter().cycle().skip(first);
        let mut connection = None;
        while !self.is_over.load(Ordering::Relaxed) {
            if connection.is_none()
                && let Some(address) = next.next()
            {
                connection = Wire::try_connect(address).await;
            }
            let Some(wire) = &mut connection else { continue };
            if let Some(reply) = ask(wire).await {
                self.answered.fetch_add(1, Ordering::Relaxed);
                if closes(&reply) {
                    self.closed.fetch_add(1, Ordering::Relaxed);
                    connection = None;
                }
            } else {
                self.lost.fetch_add(1, Ordering::Relaxed);
                connection = None;
            }
            pause(PAUSE).await;
        }
    }
}
