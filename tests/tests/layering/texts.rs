//! What documents and comments say about the code.

use std::fs;

use auth_figures::{MAX_FILES, MAX_LINES, RefreshPath, WordList};

use crate::sources::workspace;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const DRIVERS: [&str; 2] = ["redis::", "diesel::"];

#[test]
fn the_refresh_path_is_as_the_architecture_page_lists_it() {
    let workspace = workspace();
    let paths = RefreshPath::read_all();
    assert_eq!(paths.len(), 2);
    for path in paths {
        let stated = (path.stated_files, path.stated_lines);
        assert_eq!(stated, (path.files.len(), path.lines(workspace)), "{}", path.store);
        assert_eq!(path.unlinked(workspace), Vec::<&str>::new(), "{}", path.store);
        let (first, last) = (path.files.first().unwrap(), path.files.last().unwrap());
        assert!(first.starts_with("crates/server/src/http/routes/"), "{first}");
        let text = fs::read_to_string(format!("{ROOT}/{last}")).unwrap();
        assert!(DRIVERS.iter().any(|driver| text.contains(driver)), "{last} calls no driver");
    }
}

#[test]
fn the_refresh_path_is_short() {
    let workspace = workspace();
    for path in RefreshPath::read_all() {
        let (files, lines) = (path.files.len(), path.lines(workspace));
        assert!(files <= MAX_FILES && lines <= MAX_LINES, "{}: {files} files, {lines} lines", path.store);
    }
}

#[test]
fn no_retired_word_is_used_without_a_reason() {
    let found = WordList::read().search();
    let rows = found.unexplained.iter().map(|it| format!("{}:{}: {}", it.file, it.line, it.word));
    let rows: Vec<_> = rows.chain(found.unused_exceptions.clone()).collect();
    assert!(rows.is_empty(), "run `just figures`:\n{}", rows.join("\n"));
}
