//! The production code of the workspace.

use std::fs;
use std::path::Path;

use crate::ports::TraitImpl;
use crate::source::SourceFile;
use crate::tree::CrateTree;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// Test code, although it is in `crates`.
const TESTKIT: &str = "crates/testkit";
const PORTS: &str = "crates/domain/src/ports";
const ADAPTERS: &str = "crates/adapter-";

/// The crates that are part of the product.
pub struct Workspace {
    /// The crates in alphabetical order.
    pub crates: Vec<Crate>,
}

/// A library or a program.
pub struct Crate {
    /// The folder, such as `crates/domain`.
    pub folder: String,
    /// Its production modules.
    pub tree: CrateTree,
}

impl Workspace {
    /// Reads the folders of `crates` except testkit.
    ///
    /// # Panics
    /// If a file cannot be read or is not Rust.
    pub fn read() -> Self {
        let entries = fs::read_dir(Path::new(ROOT).join("crates")).expect("the folder of the crates");
        let mut folders: Vec<_> = entries
            .map(|entry| format!("crates/{}", entry.expect("a crate").file_name().to_string_lossy()))
            .filter(|folder| folder != TESTKIT)
            .collect();
        folders.sort();
        Self { crates: folders.iter().flat_map(|folder| Crate::read_all(folder)).collect() }
    }

    /// Returns all files of production code.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.crates.iter().flat_map(|crate_| &crate_.tree.files)
    }

    /// Returns a file by its path from the root of the workspace.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files().find(|file| file.path == path)
    }

    /// Returns whether a file imports another file of its crate.
    pub fn imports(&self, from: &str, to: &str) -> bool {
        self.crates.iter().any(|it| {
            let path = |index: usize| it.tree.files[index].path.as_str();
            it.tree
                .imports
                .keys()
                .any(|(importing, imported)| path(*importing) == from && path(*imported) == to)
        })
    }

    /// Returns the files in which the domain declares ports.
    pub fn port_files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files().filter(|file| file.path.starts_with(PORTS))
    }

    /// Returns the implementations of ports by adapters, each with its file.
    pub fn port_impls(&self) -> Vec<(&SourceFile, &TraitImpl)> {
        let ports: Vec<&str> =
            self.port_files().flat_map(|file| &file.traits).map(|port| port.name.as_str()).collect();
        let of_adapters = self.files().filter(|file| file.path.starts_with(ADAPTERS));
        let impls = of_adapters.flat_map(|file| file.trait_impls.iter().map(move |block| (file, block)));
        impls.filter(|(_, block)| ports.contains(&block.name.as_str())).collect()
    }
}

impl Crate {
    fn read_all(folder: &str) -> Vec<Self> {
        let roots = ["lib.rs", "main.rs"].map(|root| format!("{folder}/src/{root}"));
        let existing = roots.iter().filter(|root| text_of(Path::new(root)).is_some());
        let read = |root: &String| Self { folder: folder.to_owned(), tree: CrateTree::read(root, &text_of) };
        existing.map(read).collect()
    }
}

/// Returns the text of a file by its path from the root of the workspace; `None` if there is no such file.
pub(crate) fn text_of(path: &Path) -> Option<String> {
    fs::read_to_string(Path::new(ROOT).join(path)).ok()
}

/// Returns the files of the workspace whose name ends with one of `endings`, as paths from the root, in alphabetical order.
///
/// # Panics
/// If a folder cannot be read.
pub(crate) fn files_ending_with(endings: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    collect(Path::new(ROOT), "", endings, &mut files);
    files.sort();
    files
}

/// Collects the matching files below `folder`, but not in hidden folders, build results or installed packages.
fn collect(folder: &Path, prefix: &str, endings: &[&str], files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("an entry of the folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" && name != "node_modules" {
                collect(&path, &format!("{relative}/"), endings, files);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            files.push(relative);
        }
    }
}
