//! The tables of `docs/reliability.md`.

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;

use super::fault::{Fault, Section};

const START: &str = "<!-- tables: `just reliability` writes from here on -->\n";
/// The beginning of the line that names the machine of the last results.
const MACHINE: &str = "Machine of the last measurement: ";
const END: &str = "<!-- end of the tables -->\n";
/// The cell of a fault that has not been measured.
const NONE: &str = "–";

/// Returns the page with one row for each fault, and with the figures of these results; other faults keep the figures of the page.
pub fn updated(page: &str, results: &[Value]) -> String {
    let (before, tables, after) = parts(page);
    let mut cells = cells(tables);
    for result in results {
        let name = result["fault"].as_str().unwrap_or_default();
        if let Some(fault) = Fault::ALL.iter().find(|fault| format!("{fault:?}") == name) {
            cells.insert(fault.event().to_owned(), cell(result));
        }
    }
    let machine = results.last().and_then(|result| result["machine"].as_str());
    let kept = tables.lines().find_map(|line| line.strip_prefix(MACHINE)?.strip_suffix('.'));
    format!("{before}\n{MACHINE}{}.\n{}{after}", machine.or(kept).unwrap_or(NONE), written(&cells))
}

/// Splits a page into the text before the tables, the tables, and the text after them.
fn parts(page: &str) -> (&str, &str, &str) {
    let (before, rest) = page.split_once(START).expect("the page has the mark before its tables");
    let (tables, _) = rest.split_once(END).expect("the page has the mark after its tables");
    let (start, end) = (before.len() + START.len(), page.len() - rest.len() + tables.len());
    (&page[..start], &page[start..end], &page[end..])
}

/// Returns the measured figures of tables by event.
fn cells(tables: &str) -> BTreeMap<String, String> {
    let rows = tables.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let columns = rows.map(|row| row.split(" | ").collect::<Vec<_>>());
    columns
        .filter_map(|columns| match columns[..] {
            [event, _, figures] => Some((event.to_owned(), figures.to_owned())),
            _ => None,
        })
        .collect()
}

fn written(cells: &BTreeMap<String, String>) -> String {
    let tables: Vec<_> = Section::ALL.iter().map(|section| table(*section, cells)).collect();
    tables.concat() + "\n"
}

fn table(section: Section, cells: &BTreeMap<String, String>) -> String {
    let rows = Fault::ALL.iter().filter(|fault| fault.section() == section).map(|fault| {
        let figures = cells.get(fault.event()).map_or(NONE, String::as_str);
        format!("| {} | {} | {figures} |\n", fault.event(), fault.response())
    });
    let head = "| fault | what the service does | measured |\n|---|---|---|";
    format!("\n### {}\n\n{head}\n{}", section.heading(), rows.collect::<Vec<_>>().concat())
}

fn cell(result: &Value) -> String {
    let figures = result["figures"].as_array().expect("a list of figures").iter().filter_map(Value::as_str);
    let date = result["at"].as_i64().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    let date = date.expect("the time of the result").date();
    format!("{} ({date})", figures.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn new_results_replace_figures_and_the_others_stay() {
        let empty = format!("# Page\n{START}{END}after\n");
        let result = |fault: Fault, figures: &[&str]| json!({ "fault": format!("{fault:?}"), "at": 0, "machine": "M", "figures": figures });
        let page = updated(
            &empty,
            &[result(Fault::RedisKilled, &["a: 1", "b: 2"]), result(Fault::FlushAll, &["c"])],
        );
        let page = updated(&page, &[result(Fault::FlushAll, &["d"])]);
        assert!(
            page.contains("| a: 1; b: 2 (1970-01-01) |") && page.contains("| d (1970-01-01) |"),
            "{page}"
        );
        assert!(page.contains("last measurement: M.") && page.ends_with("after\n"), "{page}");
        assert_eq!(updated(&page, &[]), page);
    }

    #[test]
    fn each_fault_has_an_event_of_its_own() {
        let events: BTreeMap<_, _> = Fault::ALL.iter().map(|fault| (fault.event(), fault)).collect();
        assert_eq!(events.len(), Fault::ALL.len());
    }
}
