//! `docs/security.md` names requirements and tests; both must be there.

use std::collections::BTreeSet;

use auth_e2e::sources;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md"));

#[test]
fn every_test_that_the_table_names_exists() {
    let sources = sources();
    let named: BTreeSet<&str> = table_rows().flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    let tests: Vec<&str> = named.into_iter().filter(|name| name.contains('_')).collect();
    assert!(tests.len() > 100, "the table names {} tests", tests.len());
    for test in tests {
        assert!(sources.contains(&format!("fn {test}(")), "there is no test {test}");
    }
}

#[test]
fn every_requirement_that_a_test_names_is_in_the_table() {
    let listed: BTreeSet<&str> = table_rows().filter_map(|row| row.split(" | ").next()).collect();
    let sources = sources();
    let comments = sources.lines().filter_map(|line| line.trim().strip_prefix("// S-"));
    let ids: BTreeSet<String> = comments
        .flat_map(|comment| comment.split(", S-"))
        .map(|id| format!("S-{}", id.chars().take_while(char::is_ascii_digit).collect::<String>()))
        .collect();
    assert!(ids.len() > 50, "the tests name {} requirements", ids.len());
    for id in ids {
        assert!(listed.contains(id.as_str()), "{id} is not listed");
    }
}

/// Numbers below 99 that are no requirement.
const UNUSED: [u8; 14] = [7, 13, 17, 22, 24, 33, 41, 56, 58, 65, 68, 72, 75, 78];

#[test]
fn every_requirement_is_in_the_table_or_met_in_part() {
    let listed: BTreeSet<&str> = table_rows().filter_map(|row| row.split(" | ").next()).collect();
    let in_part: BTreeSet<&str> =
        PAGE.lines().filter_map(|line| line.strip_prefix("- **")?.split("**").next()).collect();
    for number in (1..99).filter(|number| !UNUSED.contains(number)) {
        let id = format!("S-{number:02}");
        assert!(listed.contains(id.as_str()) || in_part.contains(id.as_str()), "{id} is not on the page");
    }
}

fn table_rows() -> impl Iterator<Item = &'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("| ")).filter(|row| row.starts_with("S-"))
}

/// Every Rust source of the workspace in one text.
fn sources() -> String {
    sources::below(&["crates", "tests"])
}
