//! `docs/logging.md` lists exactly the events that the code logs.

use std::collections::BTreeSet;

use auth_e2e::sources;
use auth_testkit::Event;

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/logging.md"));
/// The field `event` as a name, and as a variant of the enum of events.
const FIELDS: [&str; 2] = ["event = \"", "event = Event::"];
const MACROS: [&str; 5] = ["error!(", "warn!(", "info!(", "debug!(", "trace!("];

// S-85
#[test]
fn the_table_of_events_lists_exactly_the_events_of_the_code() {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    let names = rows.flat_map(|cell| cell.split("`, `")).map(|name| name.trim_end_matches('`'));
    // The heading of the column.
    let documented: BTreeSet<&str> = names.filter(|name| *name != "event").collect();
    let events: BTreeSet<&str> = Event::ALL.iter().map(|event| event.name()).collect();
    assert_eq!(events.len(), Event::ALL.len(), "two events with one name");
    assert_eq!(events, documented);
}

// S-85
#[test]
fn every_event_is_logged_somewhere() {
    let sources = sources();
    for event in Event::ALL {
        let (name, variant) = (format!("event = \"{}\"", event.name()), format!("Event::{event:?}"));
        let is_logged = sources.contains(&name) || contains_word(&sources, &variant);
        assert!(is_logged, "{event:?} is never logged");
    }
}

// S-85
#[test]
fn every_log_line_has_an_event_of_the_enum() {
    let sources = sources();
    let mut calls = 0;
    for name in MACROS {
        for (position, _) in sources.match_indices(name) {
            let is_whole_name =
                !sources[..position].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
            let arguments = sources[position + name.len()..].trim_start();
            let line = arguments.lines().next().unwrap_or_default();
            let has_event = FIELDS.iter().any(|field| arguments.starts_with(field));
            assert!(!is_whole_name || has_event, "{name}{line}");
            if let Some(rest) = arguments.strip_prefix(FIELDS[0]) {
                let logged = rest.split('"').next().unwrap_or_default();
                assert!(Event::ALL.iter().any(|event| event.name() == logged), "{logged} is no event");
            }
            calls += usize::from(is_whole_name);
        }
    }
    assert!(calls > 20, "{calls} calls were found");
}

/// Returns whether the text has the word, and not only a longer one that begins with it.
fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(position, _)| {
        !text[position + word.len()..].starts_with(|letter: char| letter.is_alphanumeric())
    })
}

/// All sources of the crates that log in production, as one text.
fn sources() -> String {
    let crates = sources::crates().into_iter().filter(|name| name != "testkit");
    let folders: Vec<String> = crates.map(|name| format!("crates/{name}/src")).collect();
    sources::below(&folders.iter().map(String::as_str).collect::<Vec<_>>())
}
