//! Shutdown: requests in flight are finished. One data directory has one server.

use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use auth_e2e::{ALICE, Installation, PASSWORD, Server, Signal};
use reqwest::Method;
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(15);

#[tokio::test]
async fn sigterm_finishes_a_login_in_flight_and_exits_0() {
    finishes_in_flight(Signal::TERM).await;
}

#[tokio::test]
async fn ctrl_c_finishes_a_login_in_flight_and_exits_0() {
    finishes_in_flight(Signal::INT).await;
}

#[expect(clippy::unwrap_used, reason = "a task that panics fails the test")]
async fn finishes_in_flight(signal: Signal) {
    let slow = Installation::new().set("PASSWORD__MEMORY_KIB", "262144").set("PASSWORD__ITERATIONS", "4");
    let server = Server::start_on(slow.with_user(ALICE).await).await;
    let api = server.api();
    let login = tokio::spawn(async move { api.login(ALICE, PASSWORD).await });
    pause(Duration::from_millis(150)).await;
    assert!(!login.is_finished(), "the login was too fast for this test");

    server.process.signal(signal);
    let Server { installation, process, .. } = server;
    let finished = process.finish(LIMIT).await;
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    let tokens = login.await.unwrap().tokens();

    let server = Server::start_on(installation).await;
    assert!(server.access_token_is_alive(&tokens.access).await);
}

#[tokio::test]
async fn a_request_whose_body_is_still_arriving_is_finished() {
    let server = Server::start().await;
    let body = json!({ "email": ALICE, "password": PASSWORD }).to_string();
    let (first, rest) = body.split_at(20);
    let mut wire = server.connect().await;
    let head =
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length";
    assert!(wire.send(format!("{head}: {}\r\n\r\n{first}", body.len())).await);
    pause(Duration::from_millis(200)).await;

    server.process.signal(Signal::TERM);
    assert!(server.process.logs(&["\"stopping\""]).await);
    assert!(wire.send(rest).await);
    wire.reply().await.unwrap().tokens();
    let Server { process, .. } = server;
    assert_eq!(process.finish(LIMIT).await.code(), Some(0));
}

#[tokio::test]
async fn an_idle_server_stops_at_once_despite_idle_connections() {
    let server = Server::start().await;
    let mut idle = server.connect().await;
    assert!(idle.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await);
    assert_eq!(idle.reply().await.unwrap().status, 200);
    let watch = Stopwatch::start();
    let (_, finished) = server.stop().await;
    assert_eq!(finished.code(), Some(0), "{}", finished.stderr);
    assert!(watch.elapsed() < Duration::from_secs(3), "{:?}", watch.elapsed());
}

#[tokio::test]
async fn readiness_fails_before_the_listener_closes() {
    let installation = Installation::new().set("HTTP__DRAIN_DELAY", "1s").with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    server.process.signal(Signal::TERM);
    assert!(server.process.logs(&["\"stopping\""]).await);
    assert_eq!(server.call(Method::GET, "/health/ready").await.status, 503);
    assert_eq!(server.call(Method::GET, "/health").await.status, 200);
    server.log_in(ALICE).await;
    let Server { process, .. } = server;
    assert_eq!(process.finish(LIMIT).await.code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_the_drain_delay() {
    let server = Server::start_on(Installation::new().set("HTTP__DRAIN_DELAY", "10m")).await;
    server.process.signal(Signal::TERM);
    assert!(server.process.logs(&["\"stopping\"", "finishing"]).await);
    server.process.signal(Signal::TERM);
    let Server { process, .. } = server;
    assert_eq!(process.finish(LIMIT).await.code(), Some(0));
}

#[tokio::test]
async fn sessions_go_on_after_an_orderly_restart() {
    let server = Server::start().await;
    let tokens = server.log_in(ALICE).await;
    let (installation, finished) = server.stop().await;
    assert_eq!(finished.code(), Some(0));
    let server = Server::start_on(installation).await;
    assert!(server.access_token_is_alive(&tokens.access).await);
    server.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn a_second_server_on_one_data_directory_is_rejected() {
    let server = Server::start_on(Installation::embedded().with_user(ALICE).await).await;
    let data_dir = server.installation.data_dir();
    let second = Installation::embedded().set("DATA_DIR", &data_dir.to_string_lossy());
    let message = second.rejects_to_serve().await;
    assert!(message.contains("DATA_DIR") && message.contains("another"), "{message}");
    server.log_in(ALICE).await;

    let (_installation, finished) = server.stop().await;
    assert_eq!(finished.code(), Some(0));
    Server::start_on(second).await.log_in(ALICE).await;
}
