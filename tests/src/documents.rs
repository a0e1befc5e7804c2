//! Configurations of other programs, read from the documents.

use std::fs;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");

/// Returns the one block of `page` that has this language and contains `mark`.
pub fn block(page: &str, language: &str, mark: &str) -> String {
    let text = fs::read_to_string(format!("{FOLDER}/{page}")).expect("a page of the documentation");
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1).filter_map(|rest| rest.split("```").next());
    let mut found = blocks.filter(|block| block.contains(mark));
    let block = found.next().unwrap_or_else(|| panic!("{page} has no block for {language} with {mark:?}"));
    assert!(found.next().is_none(), "{page} has two blocks for {language} with {mark:?}");
    block.to_owned()
}

/// Replaces texts, such as ports; each must occur exactly once.
#[must_use]
pub fn with_changes(block: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(block.to_owned(), |block, (from, to)| {
        assert_eq!(block.matches(from).count(), 1, "{from} in:\n{block}");
        block.replace(from, to)
    })
}

/// Returns the anchors of the headings of a page, in order.
pub fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let lines = text.split("```").step_by(2).flat_map(str::lines);
    for heading in lines.filter(|line| line.starts_with('#')) {
        let anchor = anchor(heading.trim_start_matches('#').trim());
        let earlier = anchors.iter().filter(|other| **other == anchor).count();
        anchors.push(if earlier == 0 { anchor } else { format!("{anchor}-{earlier}") });
    }
    anchors
}

/// Returns the anchor of a heading: lower case, spaces as hyphens, without punctuation and link targets.
fn anchor(heading: &str) -> String {
    let mut visible = String::new();
    for (index, part) in heading.split("](").enumerate() {
        visible.push_str(if index == 0 { part } else { part.split_once(')').map_or("", |(_, rest)| rest) });
    }
    let kept = visible.chars().filter(|letter| letter.is_alphanumeric() || "-_ ".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
}
