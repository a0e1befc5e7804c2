//! The sources of the workspace, for tests that compare documents with them.

use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Returns the folder of the repository.
pub fn root() -> &'static Path {
    Path::new(ROOT)
}

/// Returns the names of the folders in `crates`.
pub fn crates() -> Vec<String> {
    let entries = fs::read_dir(Path::new(ROOT).join("crates")).expect("the crates");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("a crate").file_name();
    entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect()
}

/// Returns all Rust sources below the folders of the workspace as one text.
pub fn below(folders: &[&str]) -> String {
    let mut text = String::new();
    for folder in folders {
        collect(&Path::new(ROOT).join(folder), &mut text);
    }
    text
}

fn collect(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("an entry of the folder").path();
        if path.is_dir() {
            collect(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).expect("a source of the workspace"));
        }
    }
}
