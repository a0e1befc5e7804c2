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
