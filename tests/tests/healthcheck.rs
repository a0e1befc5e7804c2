//! `healthcheck`, which containers and scripts run.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, in_time};
use auth_e2e::{ALICE, Finished, Installation, Server, Signal};

#[tokio::test]
async fn a_ready_server_is_healthy() {
    let server = Server::start().await;
    for arguments in [&["healthcheck"][..], &["healthcheck", "--live"]] {
        let line = server.cli(arguments).await.expect_success();
        assert!(line.starts_with("healthy: http://127.0.0.1:"), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[tokio::test]
async fn a_health_check_needs_no_secret_and_no_store() {
    let server = Server::start().await;
    let port = server.installation.address();
    let port = port.trim_start_matches("127.0.0.1:");
    let other = Installation::embedded()
        .set("HTTP__LISTEN", &format!("0.0.0.0:{port}"))
        .set("JWT__KEY_FILE", "missing/jwt-key")
        .set("CREDENTIALS__BACKEND", "postgres")
        .set("POSTGRES__URL_FILE", "missing/postgres-url");
    other.cli(&["healthcheck"], "").await.expect_success();
    assert!(!other.data_dir().exists());
}

#[tokio::test]
async fn a_draining_server_is_live_and_not_ready() {
    let draining = Installation::new().with_user(ALICE).await.set("HTTP__DRAIN_DELAY", "1m");
    let server = Server::start_on(draining).await;
    server.process.signal(Signal::TERM);
    assert!(server.process.logs(&["finishing the requests in flight"]).await);
    let message = expect_unhealthy(server.cli(&["healthcheck"]).await);
    assert!(message.contains("status 503"), "{message}");
    server.cli(&["healthcheck", "--live"]).await.expect_success();
    // The second signal ends the drain delay.
    server.process.signal(Signal::TERM);
    server.stop().await.1.expect_success();
}

#[tokio::test]
async fn a_server_that_does_not_run_is_unhealthy() {
    let message = expect_unhealthy(Installation::new().cli(&["healthcheck"], "").await);
    assert!(message.contains("HTTP__LISTEN"), "{message}");
}

#[tokio::test]
async fn a_server_that_does_not_respond_is_unhealthy_within_3_seconds() {
    // Connections wait in the backlog.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let start = Stopwatch::start();
    let message = expect_unhealthy(check(&silent).await);
    assert!(start.elapsed() < in_time(Duration::from_secs(4)), "{:?}", start.elapsed());
    assert!(message.contains("within 3 seconds"), "{message}");
}

#[tokio::test]
async fn another_protocol_is_unhealthy() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let listener = other.try_clone().expect("a second handle");
    let answer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.write_all(b"220 mail.example.com ESMTP\r\n").expect("a reader");
    });
    let message = expect_unhealthy(check(&other).await);
    answer.join().expect("the answer was written");
    assert!(message.contains("HTTP__LISTEN"), "{message}");
}

#[tokio::test]
async fn a_health_check_without_an_address_says_so() {
    let invalid = Installation::new().set("HTTP__LISTEN", "8080");
    let message = expect_unhealthy(invalid.cli(&["healthcheck"], "").await);
    assert!(message.contains("HTTP__LISTEN: \"8080\""), "{message}");
    let message =
        expect_unhealthy(Installation::new().cli(&["--config", "missing.toml", "healthcheck"], "").await);
    assert!(message.contains("missing.toml"), "{message}");
}

async fn check(listener: &TcpListener) -> Finished {
    let address = listener.local_addr().expect("a bound address").to_string();
    Installation::embedded().set("HTTP__LISTEN", &address).cli(&["healthcheck"], "").await
}

/// Expects exit code 1 and one line on standard error, which is returned.
fn expect_unhealthy(finished: Finished) -> String {
    assert_eq!(finished.code(), Some(1), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    finished.stderr
}
