//! How many commands an operation takes: counted by the server.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use auth_domain::ports::{LoginLimiter, SessionStore, Settlement, Ticket};
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, a_session, a_user_id, timing_at};

use crate::support::{Ports, an_attempt};

/// `redis-cli monitor`, which sees every command, those of scripts included.
struct Monitor {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Monitor {
    fn start(server: &RedisServer) -> Self {
        let mut child = server.client().arg("monitor").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "OK");
        Self { child, lines }
    }

    /// Returns what was seen until now: (whether a script did it, command).
    fn seen(&mut self, server: &RedisServer) -> Vec<(bool, String)> {
        let _ = server.cli(&["ECHO", "the-end"]);
        let mut seen = Vec::new();
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            if line.contains("\"ECHO\" \"the-end\"") {
                break;
            }
            let command = line.split('"').nth(1).unwrap_or_default().to_uppercase();
            seen.push((line.contains(" lua] "), command));
        }
        seen
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sent(seen: &[(bool, String)]) -> Vec<&str> {
    seen.iter().filter(|(by_script, _)| !by_script).map(|(_, command)| command.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_one_script_call_that_consumes_by_getdel() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    // Both connections are made.
    let session = ports.opened().await;
    let token = ports.rotated(&session, &session.token).await;

    let mut monitor = Monitor::start(&server);
    ports.rotated(&session, &token).await;
    let seen = monitor.seen(&server);
    assert_eq!(sent(&seen), ["EVALSHA"]);
    let consuming = ["GETDEL", "DEL", "UNLINK", "EXPIRE"];
    let consumed: Vec<_> = seen.iter().filter(|(_, name)| consuming.contains(&name.as_str())).collect();
    assert_eq!(consumed, [&(true, "GETDEL".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_reserving_and_settling_are_one_call_each_and_ending_is_two_round_trips() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    ports.opened().await;
    ports.opened().await;

    let mut monitor = Monitor::start(&server);
    let attempt = an_attempt();
    ports.limiter.reserve(&attempt, timing_at(START)).await.unwrap();
    ports.limiter.settle(&Ticket { attempt }, Settlement::Succeeded, timing_at(START)).await.unwrap();
    let session = a_session(a_user_id(), START);
    ports.sessions.open(&session.opening, timing_at(START)).await.unwrap();
    assert_eq!(sent(&monitor.seen(&server)), ["EVALSHA"; 3]);

    ports.log_out(&session, Some(auth_testkit::an_access_token(START))).await.unwrap();
    // The end; then, in one pipeline: two access tokens, and the note between them that it is done.
    assert_eq!(sent(&monitor.seen(&server)), ["EVALSHA"; 4]);
}
