//! The workflows of continuous integration, checked with the schemas of their formats.

use std::path::PathBuf;
use std::process::Command;

use auth_e2e::sources;

use crate::programs::{expect_success, installed};

/// Checks files below `.github` with a schema that the validator contains.
async fn expect_valid(schema: &str, files: &[&str]) {
    let paths: Vec<PathBuf> = files.iter().map(|file| sources::root().join(".github").join(file)).collect();
    let mut command = Command::new(installed(".venv/bin/check-jsonschema"));
    expect_success(command.args(["--builtin-schema", schema]).args(paths)).await;
}

#[tokio::test]
#[ignore = "needs the packages of tests/interop/requirements.txt: run by `just interop`"]
async fn workflows_are_valid() {
    let folder = std::fs::read_dir(sources::root().join(".github/workflows")).expect("the workflows");
    let names: Vec<String> = folder
        .map(|entry| format!("workflows/{}", entry.expect("an entry").file_name().to_string_lossy()))
        .collect();
    assert!(!names.is_empty(), "there is no workflow");
    expect_valid("vendor.github-workflows", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    expect_valid("vendor.github-actions", &["actions/setup/action.yml"]).await;
    expect_valid("vendor.dependabot", &["dependabot.yml"]).await;
}
