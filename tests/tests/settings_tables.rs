//! `docs/configuration.md` lists exactly the settings of the program, with their defaults.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use auth_e2e::{Installation, sources};

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md"));
const DEFAULTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../config/default.toml"));
const UNKNOWN: &str = "there is no such setting";

#[test]
fn every_setting_of_default_toml_has_a_row_with_its_default() {
    let (rows, defaults) = (rows(), defaults());
    assert!(defaults.len() > 45, "default.toml has {} settings", defaults.len());
    assert_eq!(rows.keys().collect::<Vec<_>>(), defaults.keys().collect::<Vec<_>>());
    for (name, default) in defaults {
        assert_eq!(rows[&name], default, "{name}");
    }
}

#[test]
fn every_setting_that_the_code_names_has_a_row() {
    let rows = rows();
    let sections: BTreeSet<&str> = rows.keys().filter_map(|name| Some(name.split_once("__")?.0)).collect();
    let code = sources::below(&["crates/server/src/config"]);
    let literals = code.split('"').filter(|text| is_key(text));
    let names: BTreeSet<String> = literals
        .map(name_of_key)
        .filter(|name| sections.iter().any(|section| starts(name, section)))
        .collect();
    assert!(names.len() > 30, "the code names {} settings", names.len());
    for name in names {
        assert!(rows.contains_key(&name), "{name} has no row");
    }
}

#[tokio::test]
async fn every_row_is_a_setting_that_the_program_knows() {
    let all = rows().keys().fold(Installation::new(), |new, name| new.set(name, "nonsense"));
    let message = all.rejects_to_serve().await;
    assert!(!message.contains(UNKNOWN), "{message}");
    let message = Installation::new().set("HTTP__LISTENING", "x").rejects_to_serve().await;
    assert!(message.contains(UNKNOWN), "{message}");
}

/// Returns the settings of the tables with their defaults; `None` for a setting that has none.
fn rows() -> BTreeMap<String, Option<String>> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with("Settings\n")).expect("the section");
    let mut rows = BTreeMap::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = row.trim_start_matches("| ").split(" | ");
        let (names, default) = (cells.next().expect("names"), cells.next().expect("a default"));
        let default = (default != "none").then(|| default.trim_matches('`').to_owned());
        for name in names.split(", ") {
            let is_new = rows.insert(name.trim_matches('`').to_owned(), default.clone()).is_none();
            assert!(is_new, "{name} is there twice");
        }
    }
    rows
}

/// Returns the settings of `default.toml`. Those without a default are comments that end with an empty value.
fn defaults() -> BTreeMap<String, Option<String>> {
    let mut section = String::new();
    let mut defaults = BTreeMap::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, value)) = line.strip_prefix("# ").unwrap_or(line).split_once(" = ") {
            let is_comment = line.starts_with('#');
            if is_name(key) && (!is_comment || is_unset(value)) {
                let is_set = !is_comment && value != "[]";
                let value = is_set.then(|| value.trim_matches('"').to_owned());
                defaults.insert(name_of_key(&format!("{section}{key}")), value);
            }
        }
    }
    defaults
}

/// Returns whether a commented value stands for a setting that has no default.
fn is_unset(value: &str) -> bool {
    ["\"\"", "[\"\"]"].iter().any(|empty| value.starts_with(empty))
}

/// Returns whether a text is a section and a name.
fn is_key(text: &str) -> bool {
    let parts = text.split_once('.');
    parts.is_some_and(|(section, name)| [section, name].iter().all(|part| is_name(part)))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Returns the name of an environment variable without its prefix.
fn name_of_key(key: &str) -> String {
    key.replace('.', "__").to_ascii_uppercase()
}

fn starts(name: &str, section: &str) -> bool {
    name.strip_prefix(section).is_some_and(|rest| rest.starts_with("__"))
}
