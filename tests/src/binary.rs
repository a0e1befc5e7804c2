//! Finds the program under test, or builds it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

const NAME: &str = "hooksentry-auth";
const PREFIXES: [&str; 2] = ["HOOKSENTRY_AUTH_", "OTEL_"];

/// Returns the program under test without any setting of this process's environment.
///
/// The program rejects names that look like its settings, such as the variables that select the tests, and exports traces if the
/// variables of OpenTelemetry say so.
pub(crate) fn program() -> Command {
    let mut command = Command::new(binary());
    for (name, _) in env::vars_os() {
        if PREFIXES.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Returns the program under test; the first call builds it.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match env::var_os("HOOKSENTRY_AUTH_E2E_BINARY") {
        Some(path) => Path::new(&path).canonicalize().expect("HOOKSENTRY_AUTH_E2E_BINARY names a file"),
        None => build(),
    })
}

/// Builds the program in the target folder and with the profile of this test.
fn build() -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let target = test.ancestors().nth(3).expect("tests lie in <target>/<profile>/deps");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", "auth-server", "--bin", NAME]);
    cargo.arg("--message-format=json-render-diagnostics").arg("--target-dir").arg(target);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit());
    let output = cargo.output().expect("cargo can be run");
    assert!(output.status.success(), "{NAME} does not build");
    executable(&String::from_utf8_lossy(&output.stdout)).expect("cargo names the program that it built")
}

fn executable(messages: &str) -> Option<PathBuf> {
    let message = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    message
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == NAME)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}
