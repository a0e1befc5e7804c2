//! The alerts of `alerts.yml`, their tests and their rows.

use std::collections::BTreeMap;

use crate::expect_heading;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/observability.md"));
const RULES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/prometheus/alerts.yml"));
const TESTS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/prometheus/alerts.test.yml"));
const PREFIX: &str = "HookSentryAuth";

#[test]
fn the_table_lists_exactly_the_alerts_with_their_severities() {
    let severities = rules().into_iter().map(|(name, rule)| (name, value(rule, "severity")));
    assert_eq!(rows(), severities.collect(), "left: docs/observability.md, right: alerts.yml");
}

#[test]
fn every_alert_has_a_summary_a_description_and_a_runbook() {
    for (name, rule) in rules() {
        for key in ["summary", "description"] {
            assert!(!value(rule, key).is_empty(), "{name} has no {key}");
        }
        expect_heading(value(rule, "runbook_url"));
    }
}

#[test]
fn every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() {
    for name in rules().keys() {
        let mark = format!("- expr: ALERTS{{alertname=\"{name}\", alertstate=\"firing\"}}\n");
        let cases: Vec<_> = TESTS.split(&mark).skip(1).collect();
        let expects_none =
            |case: &&&str| case.lines().nth(1).is_some_and(|line| line.ends_with("samples: []"));
        let quiet = cases.iter().filter(expects_none).count();
        assert!(quiet > 0, "{name} has no case in which it does not fire");
        assert!(quiet < cases.len(), "{name} has no case in which it fires");
    }
}

/// Returns the rules by the name of their alert.
fn rules() -> BTreeMap<&'static str, &'static str> {
    let rules: BTreeMap<_, _> =
        RULES.split("- alert: ").skip(1).filter_map(|rule| rule.split_once('\n')).collect();
    assert!(rules.len() > 15, "{} alerts were found", rules.len());
    rules
}

/// Returns the value of a key in a rule; empty if the rule does not have it.
fn value<'a>(rule: &'a str, key: &str) -> &'a str {
    let mut lines = rule.lines().map(str::trim);
    lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).unwrap_or_default()
}

/// Returns the alerts of the table with the severities in parentheses.
fn rows() -> BTreeMap<&'static str, &'static str> {
    let mut sections = PAGE.split("\n## ");
    let section = sections.find(|section| section.starts_with("Alerts and remedies\n")).expect("the section");
    let cells =
        section.lines().filter(|line| line.starts_with("| `")).filter_map(|row| row.split(" | ").next());
    let mut rows = BTreeMap::new();
    for (name, rest) in cells.flat_map(|cell| cell.split('`').skip(1).zip(cell.split('`').skip(2)).step_by(2))
    {
        if name.starts_with(PREFIX) {
            let severity = rest.strip_prefix(" (").and_then(|rest| rest.split(')').next());
            let is_new = rows.insert(name, severity.expect("a severity in parentheses")).is_none();
            assert!(is_new, "{name} has two rows");
        }
    }
    rows
}
