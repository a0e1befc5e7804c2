//! The programs that `just interop` installs, and the document that they read.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use auth_e2e::{Process, Server};
use reqwest::Method;

/// The folder of the lock files and of the programs.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop");
/// The longest time that a program may take.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

/// Returns the path of a program that the recipe has installed.
pub(crate) fn installed(path: &str) -> PathBuf {
    let program = Path::new(FOLDER).join(path);
    assert!(program.is_file(), "{} is missing: `just interop` installs it", program.display());
    program
}

/// Runs a program, and expects that it succeeds.
pub(crate) async fn expect_success(command: &mut Command) {
    let _ = expect_success_within(LIMIT, command).await;
}

/// Runs a program, expects that it succeeds within `limit`, and returns what it printed.
pub(crate) async fn expect_success_within(limit: Duration, command: &mut Command) -> String {
    let finished = Process::spawn(command, "").finish(limit).await;
    assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
    finished.stdout
}

/// Writes the OpenAPI document of a running server to a file.
pub(crate) async fn write_document(server: &Server) -> PathBuf {
    let document = server.call(Method::GET, "/openapi.json").await;
    assert_eq!(document.status, 200);
    let file = server.installation.folder().join("openapi.json");
    std::fs::write(&file, &document.body).expect("a writable folder");
    file
}
