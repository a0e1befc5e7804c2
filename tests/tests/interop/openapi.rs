//! The OpenAPI document of a running server, checked by third-party validators.

use std::path::PathBuf;
use std::process::Command;

use auth_e2e::Server;

use crate::programs::{FOLDER, expect_success, installed, write_document};

/// Runs a validator on the document of a running server, and expects no error.
async fn expect_valid(program: PathBuf, arguments: &[&str]) {
    let server = Server::start().await;
    let file = write_document(&server).await;
    let mut command = Command::new(program);
    // Turns off the telemetry and the update notice of the program.
    command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    expect_success(command.args(arguments).arg(file).current_dir(FOLDER)).await;
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/requirements.txt: run by `just interop`"]
async fn openapi_spec_validator_accepts_the_document() {
    expect_valid(installed(".venv/bin/openapi-spec-validator"), &["--schema", "3.1"]).await;
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/package-lock.json: run by `just interop`"]
async fn redocly_accepts_the_document() {
    let arguments = ["lint", "--config", "redocly.yaml", "--max-problems", "1000"];
    expect_valid(installed("node_modules/.bin/redocly"), &arguments).await;
}

// S-82
#[tokio::test]
#[ignore = "needs the packages of tests/interop/package-lock.json: run by `just interop`"]
async fn spectral_accepts_the_document() {
    let arguments = ["lint", "--ruleset", "spectral.yaml", "--fail-severity", "warn"];
    expect_valid(installed("node_modules/.bin/spectral"), &arguments).await;
}
