//! Slow and disconnected clients do not affect other clients.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Api, PASSWORD, Server, WRONG_PASSWORD, Wire};
use futures_util::future::join_all;
use serde_json::json;

const HEAD: &str = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const SLOW_CLIENTS: usize = 200;
/// The timeout of five seconds, one second to read the response, and the delay of a busy machine.
const CUT_OFF: Duration = Duration::from_secs(8);
/// A login takes less on a busy machine, and more if it waits for slow clients.
const SOON: Duration = Duration::from_secs(3);

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_head_is_closed() {
    let server = Server::start().await;
    assert_cut_off(&server, "").await;
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_is_closed() {
    let server = Server::start().await;
    assert_cut_off(&server, &format!("{HEAD}Content-Length: 400\r\n\r\n{{")).await;
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_chunked_body_is_closed() {
    let server = Server::start().await;
    assert_cut_off(&server, &format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n")).await;
}

// S-74
#[tokio::test(flavor = "multi_thread")]
async fn an_unread_chunked_body_is_closed() {
    let server = Server::start().await;
    for path in ["logout", "nowhere"] {
        assert_cut_off(
            &server,
            &format!("{}Transfer-Encoding: chunked\r\n\r\n", HEAD.replace("login", path)),
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_is_closed() {
    let server = Server::start().await;
    let mut silent = server.connect().await;
    assert!(silent.closes_within(CUT_OFF).await);
}

/// Many slow clients at once: each is closed in time, and other logins stay fast.
#[expect(clippy::unwrap_used, reason = "a task that panics fails the test")]
async fn assert_cut_off(server: &Server, start: &str) {
    let slow = (0..SLOW_CLIENTS).map(|_| tokio::spawn(trickle(server.api(), start.to_owned())));
    let slow = tokio::spawn(join_all(slow));
    for _ in 0..8 {
        pause(Duration::from_millis(400)).await;
        let watch = Stopwatch::start();
        server.log_in(ALICE).await;
        assert!(watch.elapsed() < SOON, "{:?}", watch.elapsed());
    }
    let times: Vec<_> = slow.await.unwrap().into_iter().map(Result::unwrap).collect();
    let slowest = times.into_iter().max().unwrap_or_default();
    assert!(slowest < CUT_OFF, "{slowest:?}");
}

/// Sends single bytes until the server closes the connection; returns the time.
async fn trickle(api: Api, start: String) -> Duration {
    let watch = Stopwatch::start();
    let mut wire = api.connect().await;
    let part = if start.contains("chunked") { "1\r\n \r\n" } else { "P" };
    wire.send(start).await;
    for _ in 0..40 {
        if wire.closes_within(Duration::from_millis(300)).await || !wire.send(part).await {
            break;
        }
    }
    watch.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnected_client_gets_no_free_guess() {
    let server = Server::start().await;
    // More than the limit: a busy service may notice the disconnection before it reads the request.
    for _ in 0..30 {
        drop(sent_login(&server, WRONG_PASSWORD).await);
    }
    pause(Duration::from_millis(1_500)).await;
    server.login(ALICE, PASSWORD).await.expect_error(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnected_clients_free_their_places() {
    let server = Server::start().await;
    for _ in 0..5 {
        let sent = join_all((0..20).map(|_| sent_login(&server, PASSWORD))).await;
        pause(Duration::from_millis(20)).await;
        drop(sent);
    }
    pause(Duration::from_secs(3)).await;
    let watch = Stopwatch::start();
    server.log_in(ALICE).await;
    assert!(watch.elapsed() < SOON, "{:?}", watch.elapsed());
}

#[tokio::test]
async fn a_refresh_of_a_disconnected_client_can_be_retried() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let body = json!({ "refreshToken": tokens.refresh }).to_string();
    let mut wire = server.connect().await;
    let head = HEAD.replace("login", "refresh");
    let request = format!("{head}Idempotency-Key: key\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert!(wire.send(request).await);
    assert!(server.process.logs(&["refresh"]).await);
    drop(wire);
    let repeated = server.refresh_with_key(&tokens.refresh, "key").await.tokens();
    server.refresh(&repeated.refresh).await.tokens();
}

async fn sent_login(server: &Server, password: &str) -> Wire {
    let body = json!({ "email": ALICE, "password": password }).to_string();
    let mut wire = server.connect().await;
    wire.send(format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len())).await;
    pause(Duration::from_millis(8)).await;
    wire
}
