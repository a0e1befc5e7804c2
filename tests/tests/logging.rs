//! A log that is full, broken or stuck stops no request, no command and no shutdown.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, pipe};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use auth_e2e::clock::Stopwatch;
use auth_e2e::{ALICE, BOB, Finished, Installation, PASSWORD, Process, Server, Signal, WRONG_PASSWORD};
use reqwest::Method;
use serde_json::Value;

const METRIC: &str = "hooksentry_auth_log_lines_dropped_total";
const OWNER: &str = "owner@example.com";
/// More lines than a pipe and the queue hold.
const MANY: usize = 5_500;
const LIMIT: Duration = Duration::from_secs(20);
/// How long an idle server may take to end, with a second for the log.
const USUAL_STOP: Duration = Duration::from_secs(4);

/// A server with [`ALICE`], whose log goes to `log`.
async fn serve_with_log(log: impl Into<Stdio>) -> Server {
    // Each request has a line, successful reads included.
    let installation = Installation::new().set("LOG__FILTER", "info,hooksentry_auth::http=debug");
    let installation = installation.with_admin().with_user(ALICE).await;
    let process = installation.spawn_into(&["serve"], "", Stdio::piped(), log);
    Server::adopt(installation, process).await
}

async fn log_in_refresh_and_out(server: &Server) {
    let first = server.log_in(ALICE).await;
    server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
    let second = server.refresh(&first.refresh).await.tokens();
    assert_eq!(server.logout(&second.access, &second.refresh).await.status, 204);
    server.expect_dead(&second.refresh).await;
}

async fn dropped_lines(server: &Server) -> u64 {
    let metrics = server.admin().call(Method::GET, "/metrics").await.text();
    let value = metrics.lines().find_map(|line| line.strip_prefix(METRIC)).unwrap_or_default();
    value.trim().parse().unwrap_or_else(|_| panic!("no {METRIC}: {metrics}"))
}

async fn stops_as_usual(server: Server) {
    let watch = Stopwatch::start();
    let (_, finished) = server.stop().await;
    assert_eq!(finished.code(), Some(0));
    assert!(watch.elapsed() < USUAL_STOP, "{:?}", watch.elapsed());
}

fn full_device() -> File {
    OpenOptions::new().write(true).open("/dev/full").expect("the full device")
}

fn dead_pipe() -> PipeWriter {
    pipe().expect("a pipe").1
}

// S-93
#[tokio::test]
async fn dead_log_shipper_stops_no_request() {
    let server = serve_with_log(dead_pipe()).await;
    log_in_refresh_and_out(&server).await;
    assert!(dropped_lines(&server).await >= 5);
    stops_as_usual(server).await;
}

// S-93
#[tokio::test]
async fn full_disk_under_the_log_stops_no_request() {
    let server = serve_with_log(full_device()).await;
    log_in_refresh_and_out(&server).await;
    assert!(dropped_lines(&server).await >= 5);
    stops_as_usual(server).await;
}

// S-93
#[tokio::test]
async fn closed_standard_error_stops_no_request() {
    let server = serve_with_log(Stdio::null()).await;
    log_in_refresh_and_out(&server).await;
    stops_as_usual(server).await;
}

// S-93
#[tokio::test]
async fn unread_log_pipe_stops_neither_requests_nor_shutdown() {
    let (_reader, writer) = pipe().unwrap();
    let server = serve_with_log(writer).await;
    fill(&server).await;
    log_in_refresh_and_out(&server).await;
    assert!(dropped_lines(&server).await > 0);
    stops_as_usual(server).await;
}

// S-93
#[tokio::test]
async fn number_of_dropped_lines_is_logged_once_the_pipe_is_read_again() {
    let (reader, writer) = pipe().unwrap();
    let server = serve_with_log(writer).await;
    fill(&server).await;
    let dropped = dropped_lines(&server).await;
    assert!(dropped > 0);

    let report = thread::spawn(move || find_report(reader));
    let report = tokio::task::spawn_blocking(move || report.join()).await.unwrap().unwrap();
    assert!(report["count"].as_u64().unwrap() >= dropped, "{report}");
    assert_eq!(report["count"], report["total"], "the first report: {report}");
    stops_as_usual(server).await;
}

/// Sends requests until neither the pipe nor the queue can hold their lines.
async fn fill(server: &Server) {
    let api = server.keeping_connections();
    for _ in 0..MANY {
        assert_eq!(api.call(Method::GET, "/health").await.status, 200);
    }
}

fn find_report(reader: PipeReader) -> Value {
    let lines = BufReader::new(reader).lines().map(|line| line.expect("text"));
    let mut lines = lines.map(|line| serde_json::from_str::<Value>(&line).expect("one JSON object a line"));
    lines.find(|line| line["event"] == "log_lines_dropped").expect("a report")
}

async fn finish(process: Process) -> Finished {
    process.finish(LIMIT).await
}

// S-93
#[tokio::test]
async fn commands_succeed_if_their_messages_are_lost() {
    let installation = Installation::new().with_user(ALICE).await;
    let create = ["user", "create", "--email", BOB, "--password-stdin"];
    let created = finish(installation.spawn_into(&create, PASSWORD, full_device(), dead_pipe())).await;
    assert_eq!(created.code(), Some(0));
    let deactivate = ["user", "deactivate", BOB];
    let deactivated = finish(installation.spawn_into(&deactivate, "", dead_pipe(), full_device())).await;
    assert_eq!(deactivated.code(), Some(0));
    let users = installation.cli(&["user", "list"], "").await.expect_success();
    assert!(users.lines().any(|line| line.contains(BOB) && line.contains("inactive")), "{users}");
}

// S-93
#[tokio::test]
async fn exit_codes_do_not_depend_on_standard_error() {
    let installation = Installation::new().with_user(ALICE).await;
    let unknown = ["user", "deactivate", BOB];
    assert_eq!(
        finish(installation.spawn_into(&unknown, "", Stdio::piped(), full_device())).await.code(),
        Some(1)
    );
    let wrong = installation.set("LOG__FORMAT", "verse");
    assert_eq!(finish(wrong.spawn_into(&["serve"], "", Stdio::piped(), dead_pipe())).await.code(), Some(2));
}

// S-93
#[tokio::test]
async fn list_that_cannot_be_printed_is_a_failure() {
    let installation = Installation::new().with_user(ALICE).await;
    let list = finish(installation.spawn_into(&["user", "list"], "", full_device(), Stdio::piped())).await;
    assert!(list.expect_failure().contains("standard output"));
}

// S-25, S-93
#[tokio::test]
async fn no_bootstrap_owner_is_created_if_its_password_is_not_printed() {
    let mut installation = Installation::embedded();
    for stdout in [Stdio::null(), full_device().into(), dead_pipe().into()] {
        let process = installation.spawn_into(&["serve"], "", stdout, Stdio::piped());
        let server = Server::adopt(installation, process).await;
        assert!(server.process.logs(&["bootstrap_owner_skipped", "user create"]).await);
        let finished;
        (installation, finished) = server.stop().await;
        assert_eq!(finished.code(), Some(0));
    }
    let server = Server::start_on(installation).await;
    assert!(server.process.prints("password").await.contains(OWNER));
    server.process.signal(Signal::TERM);
}
