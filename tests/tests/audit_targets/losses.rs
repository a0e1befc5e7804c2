//! Targets that are full, broken or not read.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, pipe};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use auth_e2e::audit::{audited, client, metric, path, reaches, record};
use auth_e2e::clock::Stopwatch;
use auth_e2e::{ALICE, Installation, Server};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

/// The size limit of files while the disk is "full". The embedded store is smaller.
const FULL: u64 = 8 * 1_024 * 1_024;
/// How long an idle server may take to end, with three seconds for the audit stream.
const USUAL_STOP: Duration = Duration::from_secs(8);
/// More records than a pipe and the queue hold.
const MANY: u32 = 9_300;

/// Starts a server on whose file system a file cannot grow beyond [`FULL`], and fills the audit file up to the middle of a record.
async fn start_on_a_full_disk() -> Server {
    let installation = audited(Installation::embedded().with_admin().with_user(ALICE).await);
    fs::write(path(&installation), [vec![b' '; 8 * 1_024 * 1_024 - 1_000], b"\n".to_vec()].concat()).unwrap();
    let limited = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$@\"", FULL / 1_024);
    let process = installation.spawn_under(&["bash", "-c", &limited, "bash"], &["serve"]);
    Server::adopt(installation, process).await
}

// S-85, S-93
#[tokio::test]
async fn records_wait_while_the_disk_is_full_and_are_written_later() {
    let server = start_on_a_full_disk().await;
    for _ in 0..10 {
        server.refresh("no token").await.expect_error(401, "invalid_refresh_token");
    }
    assert!(server.process.logs(&["audit_write_failed", "File too large"]).await);
    assert_eq!(metric(&server.admin(), "audit_events_lost_total").await, 0);

    let id = i32::try_from(server.process.id()).ok().and_then(Pid::from_raw);
    let unlimited = Rlimit { current: None, maximum: None };
    prlimit(id, Resource::Fsize, unlimited).expect("the limit of a child");
    reaches(&server.admin(), "audit_events_total", 11).await;
    let (installation, _) = server.stop().await;
    let text = fs::read_to_string(path(&installation)).unwrap();
    let (cut, whole): (Vec<&str>, Vec<&str>) =
        text.trim_start().lines().partition(|line| !line.ends_with('}'));
    assert!(cut.len() <= 1, "{cut:?}");
    let failed = whole.iter().filter(|line| record(line)["event"] == "refresh_failed");
    assert_eq!(failed.count(), 10, "{text}");
}

// S-93
#[tokio::test]
async fn a_full_device_stops_neither_requests_nor_shutdown() {
    let installation = Installation::new().with_admin().with_user(ALICE).await.set("AUDIT__TARGET", "stdout");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let process = installation.spawn_into(&["serve"], "", full, Stdio::piped());
    let server = Server::adopt(installation, process).await;
    server.log_in(ALICE).await;
    let watch = Stopwatch::start();
    let (_, finished) = server.stop().await;
    assert_eq!(finished.code(), Some(0));
    assert!(watch.elapsed() < USUAL_STOP, "{:?}", watch.elapsed());
    let lost = finished.stderr.lines().find(|line| line.contains("\"audit_events_lost\"")).unwrap();
    // The start, the login and the stop.
    assert!(lost.contains("\"count\":3"), "{lost}");
}

// S-93
#[tokio::test]
async fn unread_standard_output_loses_records_and_reports_them_once_it_is_read() {
    let installation = Installation::new().with_admin().with_user(ALICE).await.set("AUDIT__TARGET", "stdout");
    let installation = installation.set("HTTP__TRUSTED_PROXIES", "127.0.0.1");
    let (reader, writer) = pipe().unwrap();
    let process = installation.spawn_into(&["serve"], "", writer, Stdio::piped());
    let server = Server::adopt(installation, process).await;
    let api = server.keeping_connections();
    for number in 0..MANY {
        // Each address has a record of its own for ten rejections in a minute.
        let api = api.with_header("x-forwarded-for", &client(number / 10));
        api.refresh("no token").await.expect_error(401, "invalid_refresh_token");
    }
    let lost = reaches(&server.admin(), "audit_events_lost_total", 1).await;
    assert!(server.process.logs(&["audit_events_lost"]).await);

    let reading = thread::spawn(move || {
        let lines = BufReader::new(reader).lines().map(|line| record(&line.expect("text")));
        let is_report = |event: &serde_json::Value| event["event"] == "audit_events_lost";
        lines.filter(is_report).map(|report| report["count"].as_u64().unwrap()).sum::<u64>()
    });
    reaches(&server.admin(), "audit_events_total", u64::from(MANY) - lost).await;
    let (_, finished) = server.stop().await;
    assert_eq!(finished.code(), Some(0));
    assert_eq!(reading.join().unwrap(), lost);
}

// S-85, S-93
#[tokio::test]
async fn a_command_fails_if_its_record_is_lost() {
    let installation = Installation::new().with_user(ALICE).await.set("AUDIT__TARGET", "stdout");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let deactivate = installation.spawn_into(&["user", "deactivate", ALICE], "", full, Stdio::piped());
    let message = deactivate.finish(Duration::from_secs(20)).await.expect_failure();
    assert!(message.contains("1 audit records") && message.contains("No space left"), "{message}");
}
