//! `docs/logging.md` lists exactly the events that the code logs.

use std::collections::BTreeSet;

use auth_e2e::sources;

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/logging.md"));
const FIELD: &str = "event = \"";
const MACROS: [&str; 5] = ["error!(", "warn!(", "info!(", "debug!(", "trace!("];

// S-85
#[test]
fn every_event_is_documented_and_every_documented_event_exists() {
    let sources = sources();
    let events = sources.split(FIELD).skip(1).filter_map(|rest| rest.split('"').next());
    let logged: BTreeSet<&str> = events.collect();
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    let names = rows.flat_map(|cell| cell.split("`, `")).map(|name| name.trim_end_matches('`'));
    // The heading of the column.
    let documented: BTreeSet<&str> = names.filter(|name| *name != "event").collect();
    assert!(logged.len() > 20, "{logged:?}");
    assert_eq!(logged, documented);
}

// S-85
#[test]
fn every_log_line_has_an_event() {
    let sources = sources();
    let mut calls = 0;
    for name in MACROS {
        for (position, _) in sources.match_indices(name) {
            let is_whole_name =
                !sources[..position].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
            let arguments = sources[position + name.len()..].trim_start();
            let line = arguments.lines().next().unwrap_or_default();
            assert!(!is_whole_name || arguments.starts_with(FIELD), "{name}{line}");
            calls += usize::from(is_whole_name);
        }
    }
    assert!(calls > 20, "{calls} calls were found");
}

/// All sources of the crates that log in production, as one text.
fn sources() -> String {
    let crates = sources::crates().into_iter().filter(|name| name != "testkit");
    let folders: Vec<String> = crates.map(|name| format!("crates/{name}/src")).collect();
    sources::below(&folders.iter().map(String::as_str).collect::<Vec<_>>())
}
