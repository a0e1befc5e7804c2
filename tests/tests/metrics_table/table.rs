//! The table of metrics.

use std::collections::BTreeSet;

use crate::metrics;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/observability.md"));
pub(crate) const PREFIX: &str = "hooksentry_auth_";
/// The beginning of names without the prefix.
pub(crate) const PROCESS: &str = "process_";

// S-81
#[tokio::test]
async fn the_table_of_metrics_lists_exactly_the_metrics_of_the_program() {
    assert_eq!(documented(), described(&metrics().await), "left: documented, right: exposed");
}

/// Returns the names in the table.
fn documented() -> BTreeSet<String> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with("Metrics\n")).expect("the section");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names
        .map(|name| if name.starts_with(PROCESS) { name.to_owned() } else { format!("{PREFIX}{name}") })
        .collect()
}

/// Returns the names that the program describes.
pub(crate) fn described(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.map(|(name, _)| name.to_owned()).collect()
}
