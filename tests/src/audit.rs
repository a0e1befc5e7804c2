//! Installations with an audit stream, and its records.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use jsonschema::Validator;
use reqwest::Method;
use serde_json::Value;

use crate::clock::{Stopwatch, holds_within, pause};
use crate::{Api, Installation};

const SCHEMA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/audit.schema.json"));
const LIMIT: Duration = Duration::from_secs(20);
/// The file, in the folder of the installation.
pub const FILE: &str = "audit.jsonl";
/// A secret of the admin listener.
pub const ADMIN_SECRET: &str = "Zr7mQ2vK9xLp4TnB8wYc3HdJ6sFg1AeU";

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&schema()).expect("a valid schema"));

/// Returns the JSON Schema of records.
pub fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("JSON")
}

/// Writes the audit stream to a file in the folder of the installation.
pub fn audited(installation: Installation) -> Installation {
    installation.set("AUDIT__TARGET", "file").set("AUDIT__FILE", FILE)
}

/// Returns an address for tests that need many clients.
pub fn client(number: u32) -> String {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 0, 0, 0)) + number).to_string()
}

/// Returns the path of the file.
pub fn path(installation: &Installation) -> PathBuf {
    installation.folder().join(FILE)
}

/// Returns the records in the file. All of its lines must be valid.
pub fn records(installation: &Installation) -> Vec<Value> {
    let text = fs::read_to_string(path(installation)).unwrap_or_default();
    let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    lines.map(record).collect()
}

/// Returns the record of a line, which must be valid.
pub fn record(line: &str) -> Value {
    let record = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let errors: Vec<String> = VALIDATOR.iter_errors(&record).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}: {line}");
    record
}

/// Waits until the file has `count` records of an event, and returns them.
pub async fn expect(installation: &Installation, event: &str, count: usize) -> Vec<Value> {
    holds_within(LIMIT, || of(&records(installation), event).len() >= count).await;
    let found = of(&records(installation), event);
    assert_eq!(found.len(), count, "{event}: {found:#?}");
    found
}

/// Returns the records of an event.
pub fn of(records: &[Value], event: &str) -> Vec<Value> {
    records.iter().filter(|record| record["event"] == event).cloned().collect()
}

/// Returns a metric of a server with an admin listener.
pub async fn metric(admin: &Api, name: &str) -> u64 {
    let text = admin.call(Method::GET, "/metrics").await.text();
    let value = text.lines().find_map(|line| line.strip_prefix(&format!("hooksentry_auth_{name} ")));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name}: {text}"))
}

/// Waits until a metric is at least `least`.
pub async fn reaches(admin: &Api, name: &str, least: u64) -> u64 {
    let watch = Stopwatch::start();
    loop {
        let value = metric(admin, name).await;
        if value >= least || watch.elapsed() > LIMIT {
            assert!(value >= least, "{name} is {value}");
            return value;
        }
        pause(Duration::from_millis(50)).await;
    }
}
