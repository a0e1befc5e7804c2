//! The picture of the board, drawn by Chromium.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use auth_e2e::Process;
use serde_json::Value;

use super::prometheus::Prometheus;
use crate::programs::LIMIT;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser");
/// The file that `just board-picture` draws. Without it, the picture is drawn after a short load and thrown away.
const VARIABLE: &str = "HOOKSENTRY_AUTH_BOARD_PICTURE";
/// The load that the picture of the documents shows.
const LONG: Duration = Duration::from_mins(5);
/// Rates need some scrapes.
const SHORT: Duration = Duration::from_secs(6);
const SIGNATURE: &[u8] = b"\x89PNG\r\n";

/// Returns the time that the load goes on at least.
pub(super) fn least_load() -> Duration {
    if env::var_os(VARIABLE).is_some() { LONG } else { SHORT }
}

/// Draws the last `shown` of the board, and expects that no panel is empty.
pub(super) async fn draw(prometheus: &Prometheus, shown: Duration, folder: &Path) {
    let file = env::var_os(VARIABLE).map_or_else(|| folder.join("board.png"), PathBuf::from);
    let mut node = Command::new("node");
    let url = format!("http://{}", prometheus.address());
    node.args(["board.mjs", &url, &shown.as_secs().to_string()]).arg(&file).current_dir(FOLDER);
    let finished = Process::spawn(&mut node, "").finish(LIMIT).await;
    assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
    let result: Value = serde_json::from_str(&finished.stdout).expect("an object");
    assert_eq!(result["empty"], serde_json::json!([]), "panels without data");
    assert_eq!(result["drawn"], auth_e2e::board::panels().len());
    assert!(fs::read(&file).expect("a picture").starts_with(SIGNATURE));
}
