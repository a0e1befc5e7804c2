//! The OpenAPI document of a running server, checked by third-party validators.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use auth_e2e::{Process, Server};
use reqwest::Method;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop");
const LIMIT: Duration = Duration::from_mins(1);

/// Returns the path of a validator that the recipe has installed.
fn validator(path: &str) -> PathBuf {
    let program = Path::new(FOLDER).join(path);
    assert!(program.is_file(), "{} is missing: `just interop` installs it", program.display());
    program
}

/// Runs a validator on the document of a running server, and expects no error.
async fn expect_valid(program: PathBuf, arguments: &[&str]) {
    let server = Server::start().await;
    let document = server.call(Method::GET, "/openapi.json").await;
    assert_eq!(document.status, 200);
    let file = server.installation.folder().join("openapi.json");
    std::fs::write(&file, &document.body).expect("a writable folder");
    let mut command = Command::new(program);
    // Turns off the telemetry and the update notice of the program.
    command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    command.args(arguments).arg(file).current_dir(FOLDER);
    let finished = Process::spawn(&mut command, "").finish(LIMIT).await;
    assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/requirements.txt: run by `just interop`"]
async fn openapi_spec_validator_accepts_the_document() {
    expect_valid(validator(".venv/bin/openapi-spec-validator"), &["--schema", "3.1"]).await;
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/package-lock.json: run by `just interop`"]
async fn redocly_accepts_the_document() {
    let arguments = ["lint", "--config", "redocly.yaml", "--max-problems", "1000"];
    expect_valid(validator("node_modules/.bin/redocly"), &arguments).await;
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/package-lock.json: run by `just interop`"]
async fn spectral_accepts_the_document() {
    let arguments = ["lint", "--ruleset", "spectral.yaml", "--fail-severity", "warn"];
    expect_valid(validator("node_modules/.bin/spectral"), &arguments).await;
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/requirements.txt: run by `just interop`"]
async fn a_schema_driven_fuzzer_finds_no_failure() {
    let server = Server::start().await;
    let mut command = Command::new(validator(".venv/bin/schemathesis"));
    let document = format!("http://{}/openapi.json", server.installation.address());
    command.args(["run", &document, "--max-examples", "40", "--workers", "1", "--seed", "1"]);
    command.current_dir(server.installation.folder());
    let finished = Process::spawn(&mut command, "").finish(LIMIT).await;
    assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
}
