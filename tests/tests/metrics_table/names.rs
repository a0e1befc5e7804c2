//! The names of metrics and labels in documents, rules and board.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use auth_e2e::sources;

use crate::series::Series;
use crate::table::{PREFIX, PROCESS, described};
use crate::{metrics, metrics_of_sets};

/// The samples of a histogram.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];
/// Labels that Prometheus adds to each series.
const OF_PROMETHEUS: [&str; 2] = ["job", "instance"];
/// The files that name metrics, by folder and ending.
const FILES: [(&str, &str); 5] = [
    ("docs", ".md"),
    ("deploy/grafana", ".json"),
    ("deploy/prometheus", ".yml"),
    ("config", ".toml"),
    ("crates", "README.md"),
];

/// The names of the labels of each sample.
type Labels = BTreeMap<String, BTreeSet<String>>;

// S-81
#[tokio::test]
async fn documents_rules_and_board_name_only_metrics_and_labels_that_exist() {
    let text = metrics().await;
    let described = described(&text);
    let labels = labels(metrics_of_sets().await.iter().chain([&text]));
    let (mut named, mut unknown) = (0, BTreeSet::new());
    for file in FILES.into_iter().flat_map(|(folder, ending)| files(&sources::root().join(folder), ending)) {
        let text = fs::read_to_string(&file).expect("a text file").replace("\\\"", "\"");
        for (name, selector) in mentions(&text) {
            named += 1;
            let known = labels.get(name);
            let has_labels =
                known.is_some_and(|known| selected(selector).all(|label| is_known(known, label)));
            // A metric without a series has no sample.
            let is_described = described.contains(metric(name)) && selector.is_empty();
            if !(has_labels || is_described) {
                unknown.insert(format!("{}: {name}{{{selector}}}", file.display()));
            }
        }
        let all: BTreeSet<String> = labels.values().flatten().cloned().collect();
        let grouped = grouped(&text).filter(|label| !is_known(&all, label));
        unknown.extend(grouped.map(|label| format!("{}: by ({label})", file.display())));
    }
    assert!(named > 20, "{named} names were found");
    assert!(unknown.is_empty(), "{unknown:#?}");
}

fn labels<'a>(texts: impl Iterator<Item = &'a String>) -> Labels {
    let mut labels = Labels::new();
    for series in texts.flat_map(|text| Series::read_all(text)) {
        let names = labels.entry(series.name.to_owned()).or_default();
        names.extend(series.label_names().map(str::to_owned));
    }
    labels
}

fn is_known(labels: &BTreeSet<String>, label: &str) -> bool {
    labels.contains(label) || OF_PROMETHEUS.contains(&label)
}

/// Returns the name of the metric of a sample.
fn metric(name: &str) -> &str {
    SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
}

/// Returns the names of metrics in a text, each with the selector in braces after it.
fn mentions(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let words = text.match_indices(PREFIX).chain(text.match_indices(PROCESS)).map(|(start, _)| start);
    words.filter(|start| !text[..*start].ends_with(is_of_a_name)).filter_map(|start| {
        let word = &text[start..];
        let (name, rest) = word.split_at(word.find(|letter| !is_of_a_name(letter)).unwrap_or(word.len()));
        let selector = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
        // The prefix alone names no metric.
        (name != PREFIX).then_some((name, selector))
    })
}

/// Returns the labels of a selector, such as `a="1",b!~"2"`.
fn selected(selector: &str) -> impl Iterator<Item = &str> {
    let parts = selector.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split(['=', '!']).next().unwrap_or_default().trim())
}

/// Returns the labels of aggregations, such as `sum by (a, b)`.
fn grouped(text: &str) -> impl Iterator<Item = &str> {
    let lists = ["by (", "without (", "on ("].into_iter().flat_map(|word| text.match_indices(word));
    let preceded = lists.filter(|(start, _)| text[..*start].ends_with(' '));
    let lists = preceded.filter_map(|(start, word)| text[start + word.len()..].split(')').next());
    // In prose, parentheses contain more than one word.
    let labels = lists.flat_map(|list| list.split(',').map(str::trim));
    labels.filter(|label| !label.is_empty() && label.chars().all(is_of_a_name))
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
}

/// Returns the files below a folder whose path has this ending. The folder may be missing.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let all = entries.flat_map(|path| if path.is_dir() { files(&path, ending) } else { vec![path] });
    all.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

#[test]
fn names_and_labels_are_found_in_rules_and_boards() {
    let rule = r#"sum by (of, path) (rate(hooksentry_auth_a_total{x="1", y!~"2"}[5m])) / process_b > hooksentry_auth_c"#;
    let found: Vec<_> = mentions(rule).collect();
    let selector = r#"x="1", y!~"2""#;
    assert_eq!(found, [("hooksentry_auth_a_total", selector), ("hooksentry_auth_c", ""), ("process_b", "")]);
    assert_eq!(selected(selector).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(grouped(rule).collect::<Vec<_>>(), ["of", "path"]);
}
