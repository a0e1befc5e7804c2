//! Java's default HTTP client, which offers HTTP/2 on every connection in clear text.

use std::process::Command;
use std::time::Duration;

use auth_e2e::clock::pause;
use auth_e2e::{ALICE, BOB, PASSWORD, Process, Server};
use auth_testkit::servers::java_program;

use crate::proxies::{Forwarding, Front, Kind};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/Flows.java");
const FLOWS: &str = "200";
const LIMIT: Duration = Duration::from_mins(3);

/// Starts the flows of Java against `address`.
fn java(address: &str) -> Process {
    let mut command = Command::new(java_program());
    command.args([SOURCE, &format!("http://{address}"), FLOWS, ALICE]).env("PASSWORD", PASSWORD);
    Process::spawn(&mut command, "")
}

async fn expect_every_flow(java: Process) {
    let finished = java.finish(LIMIT).await;
    assert!(finished.status.success(), "is openjdk-17-jdk-headless installed? {}", finished.stderr);
    assert_eq!(finished.stdout.trim(), format!("complete: {FLOWS} of {FLOWS}"), "{}", finished.stderr);
}

#[tokio::test]
#[ignore = "needs java: run by `just interop`"]
async fn every_flow_of_javas_default_client_succeeds_directly() {
    let server = Server::start().await;
    expect_every_flow(java(&server.installation.address())).await;
}

#[tokio::test]
#[ignore = "needs java and caddy: run by `just interop`"]
async fn every_flow_of_javas_default_client_succeeds_behind_caddy() {
    let front = Front::start(Kind::Caddy, Forwarding::Replacing).await;
    let add = ["user", "create", "--email", BOB, "--password-stdin"];
    front.server.installation.cli(&add, PASSWORD).await.expect_success();
    let mut java = java(&front.proxy.address());
    let other = front.proxy.client("127.0.0.3").keeping_connections();
    let mut tokens = other.log_in(BOB).await;
    let mut rounds = 0;
    while java.is_running() {
        // The service verifies for Caddy, and the upstream responds.
        let page = other.get("/invoices", &tokens.access).await;
        assert_eq!((page.status, page.header("x-upstream")), (200, Some("yes")), "{}", page.text());
        if rounds % 40 == 0 {
            tokens = other.refresh(&tokens.refresh).await.tokens();
        }
        rounds += 1;
        pause(Duration::from_millis(25)).await;
    }
    expect_every_flow(java).await;
    assert!(rounds > 20, "only {rounds} requests of another user meanwhile");
    assert_eq!(other.logout(&tokens.access, &tokens.refresh).await.status, 204);
}
