//! The files that a refresh runs through, as `docs/architecture.md` lists them.

use std::path::Path;

use crate::workspace::{Workspace, text_of};

const PAGE: &str = "docs/architecture.md";
const SECTION: &str = "## The refresh path\n";
const USE_CASES: &str = "use auth_domain::use_cases::";
const USE_CASE_FOLDER: &str = "crates/domain/src/use_cases/";
/// The most files from the route to the call of the driver.
pub const MAX_FILES: usize = 5;
/// The most production lines of these files.
pub const MAX_LINES: usize = 650;

/// The files from the route to the call of the driver, on one kind of store.
#[derive(Debug, PartialEq, Eq)]
pub struct RefreshPath {
    /// The heading above the list.
    pub store: String,
    /// The number of files that the page states.
    pub stated_files: usize,
    /// The number of production lines that the page states.
    pub stated_lines: usize,
    /// The files, as paths from the root of the workspace.
    pub files: Vec<String>,
}

impl RefreshPath {
    /// Reads the lists of `docs/architecture.md`.
    ///
    /// # Panics
    /// If the page or its section is missing, or has another form.
    pub fn read_all() -> Vec<Self> {
        let page = text_of(Path::new(PAGE)).expect(PAGE);
        Self::parse(&page).unwrap_or_else(|| panic!("{PAGE}: no list below {SECTION}"))
    }

    /// Each store has a heading, the line `N files, M production lines`, and a block with one file a line.
    fn parse(page: &str) -> Option<Vec<Self>> {
        let (_, section) = page.split_once(SECTION)?;
        let section = section.split("\n## ").next()?;
        section.split("\n### ").skip(1).map(Self::parse_store).collect()
    }

    fn parse_store(text: &str) -> Option<Self> {
        let totals = text.lines().find_map(|line| {
            let (files, lines) = line.split_once(" files, ")?;
            let (lines, _) = lines.split_once(" production lines")?;
            Some((files.parse().ok()?, lines.parse().ok()?))
        });
        let (stated_files, stated_lines) = totals?;
        let block = text.split("```").nth(1)?;
        Some(Self {
            store: text.lines().next()?.to_owned(),
            stated_files,
            stated_lines,
            files: block.lines().skip(1).map(str::to_owned).collect(),
        })
    }

    /// Returns the production lines of the files.
    ///
    /// # Panics
    /// If a file is not production code of the workspace.
    pub fn lines(&self, workspace: &Workspace) -> usize {
        let lines = |path: &String| {
            let file = workspace.file(path);
            file.unwrap_or_else(|| panic!("{PAGE} lists {path}, which is not production code")).len()
        };
        self.files.iter().map(lines).sum()
    }

    /// Returns the files to which no earlier file of the list leads, except the first. An earlier file leads to one that it imports,
    /// to one that adds methods to its types, to an implementation of a port, and from an import of use cases to one of them.
    pub fn unlinked(&self, workspace: &Workspace) -> Vec<&str> {
        let impls: Vec<_> = workspace.port_impls().iter().map(|(file, _)| file.path.clone()).collect();
        let is_linked = |index: usize, path: &String| {
            let earlier = &self.files[..index];
            let uses_cases =
                |it: &String| text_of(Path::new(it)).is_some_and(|text| text.contains(USE_CASES));
            index == 0
                || impls.contains(path)
                || earlier.iter().any(|it| workspace.imports(it, path) || workspace.imports(path, it))
                || path.starts_with(USE_CASE_FOLDER) && earlier.iter().any(uses_cases)
        };
        let unlinked = self.files.iter().enumerate().filter(|(index, path)| !is_linked(*index, path));
        unlinked.map(|(_, path)| path.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_for_each_store() {
        let page = "# A\n\n## The refresh path\n\nText.\n\n### Embedded store\n\n2 files, 30 production lines.\n\n\
                    ```text\na.rs\nb.rs\n```\n\n### Servers\n\n1 files, 9 production lines.\n\n```text\nc.rs\n```\n\n\
                    ## Next\n\n### Other\n";
        let path = |store: &str, stated_lines, files: &[&str]| RefreshPath {
            store: store.to_owned(),
            stated_files: files.len(),
            stated_lines,
            files: files.iter().map(|file| (*file).to_owned()).collect(),
        };
        let expected = vec![path("Embedded store", 30, &["a.rs", "b.rs"]), path("Servers", 9, &["c.rs"])];
        assert_eq!(RefreshPath::parse(page), Some(expected));
    }

    #[test]
    fn a_list_without_totals_is_an_error() {
        assert_eq!(RefreshPath::parse("## The refresh path\n\n### Servers\n\n```text\nc.rs\n```\n"), None);
    }
}
