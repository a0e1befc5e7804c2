//! Plausible mistakes in each setting: a value is used as it is meant, or rejected with the setting, the part at fault and
//! the remedy. The table is the data; the parser is the program's own, with the checks of the adapters.

mod kinds;
mod table;
mod urls;

use std::collections::BTreeSet;

use super::*;
use crate::compose;

/// A setting, and values that somebody may give it.
#[derive(Clone, Copy)]
struct Row {
    setting: &'static str,
    /// Other settings that make the program use it.
    with: &'static [(&'static str, &'static str)],
    /// Values that are used, each with its plain spelling.
    used: &'static [(&'static str, &'static str)],
    /// Values that are rejected as a whole.
    rejected: &'static [&'static [&'static str]],
    /// Values that are rejected, each with the part at fault.
    parts: &'static [(&'static str, &'static str)],
}

/// How a message begins to say what to do.
const REMEDIES: [&str; 9] =
    ["write ", "remove ", "correct ", "raise ", "use ", "make ", "generate ", "save ", "percent-encode "];

fn outcome(row: &Row, value: &str) -> Result<Settings, Vec<String>> {
    let variables = [(row.setting, value)].into_iter().chain(row.with.iter().copied());
    let variables =
        variables.map(|(name, value)| (format!("{ENVIRONMENT_PREFIX}{name}").into(), value.into()));
    load(None, variables, compose::problems).map_err(|failure| match failure {
        CommandError::Settings(problems) => problems,
        other => panic!("{other}"),
    })
}

/// Returns what is wrong with the outcome of a value that must be rejected.
fn complaint(row: &Row, value: &str, part: Option<&str>) -> Option<String> {
    let Err(problems) = outcome(row, value) else {
        return Some(format!("{}={value:?} is used", row.setting));
    };
    let [problem] = problems.as_slice() else {
        return Some(format!("{}={value:?}: {problems:?}", row.setting));
    };
    let names_part = match part {
        None if value.trim().is_empty() => problem.contains("empty") || problem.contains("\"\""),
        // The directory does not exist.
        _ if row.setting.ends_with("_FILE") && problem.contains("not printed") => true,
        Some(part) => problem.contains(part),
        None => problem.contains(value.trim()) || problem.contains(&format!("{:?}", value.trim())),
    };
    let name = format!("{ENVIRONMENT_PREFIX}{}", row.setting);
    let is_named = problem.strip_prefix(&name).is_some_and(|rest| rest.starts_with([':', ',']));
    let is_complete = is_named && names_part && REMEDIES.iter().any(|remedy| problem.contains(remedy));
    (!is_complete).then(|| format!("{}={value:?} is rejected with: {problem}", row.setting))
}

/// Returns what is wrong with the outcome of a value that must be used like `plain`.
fn difference(row: &Row, value: &str, plain: &str) -> Option<String> {
    match (outcome(row, value), outcome(row, plain)) {
        (Ok(used), Ok(meant)) if format!("{used:?}") == format!("{meant:?}") => None,
        (Ok(_), Ok(_)) => Some(format!("{}={value:?} is not used as {plain:?}", row.setting)),
        (used, meant) => Some(format!("{}={value:?}: {:?}, {:?}", row.setting, used.err(), meant.err())),
    }
}

// S-95
#[test]
fn every_mistake_is_used_as_meant_or_rejected_by_name() {
    let mut complaints = Vec::new();
    for row in table::ROWS.iter().chain(urls::ROWS) {
        let rejected = row.rejected.iter().copied().flatten().map(|value| complaint(row, value, None));
        let parts = row.parts.iter().map(|(value, part)| complaint(row, value, Some(part)));
        let used = row.used.iter().map(|(value, plain)| difference(row, value, plain));
        complaints.extend(rejected.chain(parts).chain(used).flatten());
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

// S-40
#[test]
fn no_message_quotes_a_url_with_credentials() {
    for row in table::ROWS.iter().chain(urls::ROWS) {
        for value in [
            "postgres://me:sesame@db",
            "https://me:sesame,x@a.example",
            "http://a.example/?api-key=sesame",
            "\"https://me:sesame@a.example\"",
            "/run/-----BEGIN PRIVATE KEY-----sesame",
        ] {
            let problems = outcome(row, value).err().unwrap_or_default();
            assert!(!problems.iter().any(|problem| problem.contains("sesame")), "{problems:?}");
        }
    }
}

// S-95
#[test]
fn the_table_of_mistakes_has_twenty_values_of_each_setting() {
    let mut section = "";
    let mut settings = BTreeSet::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some((name, _)) = line.trim_start_matches("# ").split_once(" = ")
            && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
        {
            let key = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
            settings.insert(key.to_ascii_uppercase().replace('.', "__"));
        }
    }
    assert!(settings.len() > 50, "{settings:?}");
    let rows: Vec<&Row> = table::ROWS.iter().chain(urls::ROWS).collect();
    assert_eq!(settings, rows.iter().map(|row| row.setting.to_owned()).collect::<BTreeSet<_>>());
    for row in rows {
        let values: BTreeSet<&str> = row
            .rejected
            .iter()
            .copied()
            .flatten()
            .copied()
            .chain(row.parts.iter().map(|(value, _)| *value))
            .chain(row.used.iter().map(|(value, _)| *value))
            .collect();
        assert!(values.len() >= 20, "{} has only {} values", row.setting, values.len());
    }
}
