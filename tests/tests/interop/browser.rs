//! Pages in two tabs of headless Chromium: a dashboard as found in the field, and the client of the documents.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use auth_e2e::{ALICE, Installation, PASSWORD, Process, Server};
use serde_json::Value;

use crate::clients::write_blocks;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser");
const LIMIT: Duration = Duration::from_mins(4);
const RELOADS: u64 = 50;

/// Runs a program of the folder against `server`, and returns the object that it prints.
async fn run(program: &str, server: &Server, argument: &str) -> Value {
    let packages = Path::new(FOLDER).join("node_modules");
    assert!(packages.is_dir(), "{} is missing: `just interop` installs it", packages.display());
    let mut node = Command::new("node");
    node.args([program, &format!("http://{}", server.installation.address()), ALICE, argument]);
    node.current_dir(FOLDER).env("PASSWORD", PASSWORD);
    let finished = Process::spawn(&mut node, "").finish(LIMIT).await;
    assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
    serde_json::from_str(&finished.stdout).expect("an object")
}

// S-47
#[tokio::test]
#[ignore = "needs chromium and the packages of tests/browser/package-lock.json: run by `just interop`"]
async fn reject_logs_a_dashboard_out_that_refreshes_twice_per_reload() {
    let server = Server::start_on(Installation::new().with_user(ALICE).await).await;
    let result = run("reloads.mjs", &server, "5").await;
    assert!(result["loggedOutAfter"].as_u64().is_some(), "{result}");
    assert!(result["sentTwice"].as_u64() >= Some(1), "the tabs did not race: {result}");
}

#[tokio::test]
#[ignore = "needs chromium and the packages of tests/browser/package-lock.json: run by `just interop`"]
async fn the_documented_browser_client_keeps_its_session() {
    let server = Server::start().await;
    let modules = server.installation.folder().join("modules");
    let blocks = [
        ("tokens.mjs", "js", "export async function accessToken"),
        ("calls.mjs", "js", "export async function logOut"),
    ];
    write_blocks(&modules, "clients/browser.md", &blocks);
    let result = run("client.mjs", &server, &modules.to_string_lossy()).await;
    assert_eq!(result["complete"], true, "{result}");
}

// S-47
#[tokio::test]
#[ignore = "needs chromium and the packages of tests/browser/package-lock.json: run by `just interop`"]
async fn share_keeps_a_dashboard_logged_in_that_refreshes_twice_per_reload() {
    // The test reloads in a minute as often as a user in half a day, so the limits of refreshes per minute are off.
    let installation = Installation::new()
        .set("TOKENS__CONCURRENT_REFRESH", "share")
        .set("TOKENS__REFRESHES_PER_MINUTE", "0")
        .set("TOKENS__REFRESHES_PER_MINUTE_PER_USER", "0");
    let server = Server::start_on(installation.with_user(ALICE).await).await;
    let result = run("reloads.mjs", &server, &RELOADS.to_string()).await;
    assert!(result["loggedOutAfter"].is_null(), "{result}");
    assert_eq!(result["sentTwice"], RELOADS, "each reload refreshes one token at least twice: {result}");
    assert!(result["sentByBoth"].as_u64() > Some(RELOADS / 2), "the tabs did not race: {result}");
    let log = server.stop().await.1.stderr;
    let rotations = log.lines().filter(|line| line.contains(r#""reason":"rotated""#)).count();
    assert_eq!(u64::try_from(rotations), Ok(RELOADS), "all refreshes of a reload share one rotation");
}
