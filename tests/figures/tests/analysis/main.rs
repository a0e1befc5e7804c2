//! The analysis finds what it is made to find, in small sources.

mod counting;
mod imports;
mod items;
mod ports;

use std::path::Path;

use auth_figures::{CrateTree, SourceFile};

/// Reads a crate from pairs of path and text; the first is the root.
fn crate_of(files: &[(&str, &str)]) -> CrateTree {
    let read = |path: &Path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| (*text).to_owned())
    };
    let root = files.first().map_or("", |(path, _)| *path);
    CrateTree::read(root, &read)
}

fn file_of(text: &str) -> SourceFile {
    SourceFile::parse("a.rs", &[], text).0
}
