//! The table and the lists of `just figures`.

use std::fmt::{self, Display, Formatter};

use crate::ports::Method;
use crate::refresh_path::{MAX_FILES, MAX_LINES, RefreshPath};
use crate::source::SourceFile;
use crate::words::WordList;
use crate::workspace::Workspace;

/// The maximum number of production lines of a function.
pub const MAX_FUNCTION: usize = 40;
/// How many of the longest files are listed.
const LONGEST: usize = 5;

/// The figures of all production files below a folder.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

/// A figure with its aim and the places to look at.
struct Row {
    figure: &'static str,
    value: String,
    aim: String,
    places: Vec<String>,
}

impl Report {
    /// Returns the figures of the files whose path starts with `folder`.
    pub fn of(workspace: &Workspace, folder: &str) -> Self {
        let mut report = Self::default();
        let files: Vec<_> = workspace.files().filter(|file| file.path.starts_with(folder)).collect();
        report.add_sizes(&files);
        report.add_functions(&files);
        report.add_imports(workspace, folder);
        report.add_documentation(&files);
        let ports = workspace.port_files().flat_map(|file| file.traits.iter().map(move |port| (file, port)));
        let fallible = ports.flat_map(|(file, port)| port.fallible.iter().map(move |it| (file, it)));
        report.add_methods("fallible port methods with `# Errors`", folder, fallible);
        let impls = workspace.port_impls().into_iter();
        let methods = impls.flat_map(|(file, block)| block.methods.iter().map(move |it| (file, it)));
        report.add_methods("port methods of adapters with a span", folder, methods);
        report.add_words(folder);
        if folder.is_empty() {
            report.add_refresh_paths(workspace);
        }
        report
    }

    fn add(&mut self, figure: &'static str, value: impl Display, aim: impl Display, places: Vec<String>) {
        self.rows.push(Row { figure, value: value.to_string(), aim: aim.to_string(), places });
    }

    fn add_sizes(&mut self, files: &[&SourceFile]) {
        let mut sizes: Vec<_> = files.iter().map(|file| (file.len(), &file.path)).collect();
        sizes.sort_unstable();
        let at = |percent: usize| sizes.get((sizes.len() * percent / 100).min(sizes.len().saturating_sub(1)));
        let size = |percent: usize| at(percent).map_or(0, |(len, _)| *len);
        let longest = sizes.iter().rev().take(LONGEST).map(|(len, path)| format!("{path}: {len}")).collect();
        self.add("production files", files.len(), "", Vec::new());
        let total: usize = sizes.iter().map(|(len, _)| len).sum();
        self.add("production lines (not blank, not only a comment)", total, "", Vec::new());
        let value = format!("{} / {} / {}", size(50), size(90), size(100));
        self.add("lines of a file: median / p90 / max", value, "70 / 140 / 230", longest);
    }

    fn add_functions(&mut self, files: &[&SourceFile]) {
        let all = files.iter().flat_map(|file| file.functions.iter().map(move |it| (file, it)));
        let long = all.filter(|(_, function)| function.len > MAX_FUNCTION);
        let places: Vec<_> =
            long.map(|(file, it)| format!("{}:{}: {} has {}", file.path, it.line, it.name, it.len)).collect();
        self.add("functions over 40 lines", places.len(), 0, places);
        let all = files.iter().flat_map(|file| file.panics.iter().map(move |it| (file, it)));
        let places: Vec<_> =
            all.map(|(file, it)| format!("{}:{}: {}", file.path, it.line, it.name)).collect();
        self.add("unwrap, expect, panic and the like", places.len(), 0, places);
    }

    fn add_imports(&mut self, workspace: &Workspace, folder: &str) {
        let crates = &workspace.crates;
        let all = crates.iter().flat_map(|it| it.tree.cycles());
        let cycles: Vec<_> = all
            .filter(|cycle| cycle.iter().any(|file| file.starts_with(folder)))
            .map(|cycle| format!("{} → {}", cycle.join(" → "), cycle[0]))
            .collect();
        self.add("import cycles", cycles.len(), 0, cycles);
        let all = crates.iter().flat_map(|it| it.tree.upward_imports());
        let upward: Vec<_> = all
            .filter(|it| it.from.starts_with(folder))
            .map(|it| format!("{}:{}: {} is defined in {}", it.from, it.place.line, it.place.path, it.to))
            .collect();
        self.add("upward imports", upward.len(), 0, upward);
    }

    fn add_documentation(&mut self, files: &[&SourceFile]) {
        let all: Vec<_> =
            files.iter().flat_map(|file| file.public_items.iter().map(move |it| (file, it))).collect();
        let undocumented = all.iter().filter(|(_, item)| !item.is_documented);
        let places: Vec<_> =
            undocumented.map(|(file, it)| format!("{}:{}: {}", file.path, it.line, it.name)).collect();
        self.add("documented public items", Share::of(all.len(), &places), "all", places);
    }

    fn add_methods<'a>(
        &mut self,
        figure: &'static str,
        folder: &str,
        methods: impl Iterator<Item = (&'a SourceFile, &'a Method)>,
    ) {
        let all: Vec<_> = methods.filter(|(file, _)| file.path.starts_with(folder)).collect();
        let incomplete = all.iter().filter(|(_, method)| !method.is_complete);
        let places: Vec<_> =
            incomplete.map(|(file, it)| format!("{}:{}: {}", file.path, it.line, it.name)).collect();
        self.add(figure, Share::of(all.len(), &places), "all", places);
    }

    fn add_words(&mut self, folder: &str) {
        let found = WordList::read().search();
        let rows = found.unexplained.iter().filter(|row| row.file.starts_with(folder));
        let mut places: Vec<_> =
            rows.map(|it| format!("{}:{}: {} → {}", it.file, it.line, it.word, it.instead)).collect();
        if folder.is_empty() {
            places.extend(found.unused_exceptions.iter().map(|it| format!("unused exception: {it}")));
        }
        self.add("retired words", places.len(), 0, places);
    }

    fn add_refresh_paths(&mut self, workspace: &Workspace) {
        for path in RefreshPath::read_all() {
            let value = format!("{} / {}", path.files.len(), path.lines(workspace));
            let stated =
                format!("{}: the page states {} / {}", path.store, path.stated_files, path.stated_lines);
            let aim = format!("{MAX_FILES} / {MAX_LINES}");
            self.add("refresh path: files / lines", value, aim, vec![stated]);
        }
    }
}

/// The number of complete items, and of all items.
struct Share {
    complete: usize,
    total: usize,
}

impl Share {
    fn of(total: usize, incomplete: &[String]) -> Self {
        Self { complete: total - incomplete.len(), total }
    }
}

impl Display for Share {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.complete, self.total)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for row in self.rows.iter().filter(|row| !row.places.is_empty()) {
            writeln!(f, "{}", row.figure)?;
            row.places.iter().try_for_each(|place| writeln!(f, "    {place}"))?;
            writeln!(f)?;
        }
        writeln!(f, "{:<52}{:>20}{:>18}", "figure", "value", "aim")?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{:<52}{:>20}{:>18}", row.figure, row.value, row.aim))
    }
}
