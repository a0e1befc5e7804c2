//! Relative links and paths in the Markdown files lead to files and headings that exist.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::iter;
use std::path::{Component, Path, PathBuf};

use auth_e2e::documents::anchors;
use auth_e2e::sources;

/// The beginnings of paths in the repository. `src/` is in the crate of the page.
const FOLDERS: [&str; 8] =
    ["crates/", "tests/", "docs/", "config/", "deploy/", "migrations/", "src/", ".github/"];

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let pages = pages();
    let mut count = 0;
    let mut broken = Vec::new();
    for (page, text) in &pages {
        for target in targets(text) {
            count += 1;
            if let Err(problem) = check(page, target, &pages) {
                broken.push(format!("{}: {target}: {problem}", page.display()));
            }
        }
    }
    assert!(count > 100, "{count} links were found");
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

#[test]
fn every_named_path_exists() {
    let pages = pages();
    let mut count = 0;
    let mut absent = Vec::new();
    for (page, text) in &pages {
        let own = sources::root().join(page).parent().map(Path::to_owned);
        for path in paths(text) {
            count += 1;
            let crates = sources::crates().into_iter().map(|name| sources::root().join("crates").join(name));
            // A path below `src` or `tests` may be of any crate: documents say what all adapters have.
            let mut folders = iter::once(sources::root().to_owned()).chain(own.clone()).chain(crates);
            if !folders.any(|folder| folder.join(path).exists()) {
                absent.push(format!("{}: {path}", page.display()));
            }
        }
    }
    assert!(count > 50, "{count} paths were found");
    assert!(absent.is_empty(), "paths of absent files:\n{}", absent.join("\n"));
}

#[test]
fn anchors_are_made_like_those_of_github() {
    let text = "# A `code` of J. Doe's\n```sh\n# no heading\n```\n## Same\n## Same\n### [Linked](x.md) & more_words\n";
    assert_eq!(anchors(text), ["a-code-of-j-does", "same", "same-1", "linked--more_words"]);
}

#[test]
fn links_in_code_are_no_links() {
    let text =
        "[a](b.md) `[c](d.md)`\n```text\n[e](f.md)\n```\n[g\nh](i.md#j) [k](https://example.com) ![l](m.png)";
    assert_eq!(targets(text), ["b.md", "i.md#j", "m.png"]);
}

/// Returns why a link is broken.
fn check(page: &Path, target: &str, pages: &BTreeMap<PathBuf, String>) -> Result<(), &'static str> {
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let file = if path.is_empty() { page.to_owned() } else { resolve(page, path) };
    if !sources::root().join(&file).exists() {
        return Err("there is no such file");
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let text = pages.get(&file).ok_or("only Markdown files have anchors")?;
    let is_there = anchors(text).iter().any(|heading| heading == anchor);
    is_there.then_some(()).ok_or("there is no such heading")
}

/// Resolves a path relative to the folder of a page.
fn resolve(page: &Path, path: &str) -> PathBuf {
    let mut resolved = page.parent().map(Path::to_owned).unwrap_or_default();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => assert!(resolved.pop(), "{path} leads out of the repository"),
            Component::Normal(name) => resolved.push(name),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    resolved
}

/// Returns the targets of the inline links that lead into the repository.
fn targets(text: &str) -> Vec<&str> {
    let prose = prose(text);
    let mut targets = Vec::new();
    for part in prose {
        for (position, _) in part.match_indices("](") {
            let target = part[position + 2..].split(')').next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                targets.push(target);
            }
        }
    }
    targets
}

/// Returns the paths of the repository that a page names as code.
fn paths(text: &str) -> Vec<&str> {
    let outside = text.split("```").step_by(2);
    let code = outside.flat_map(|part| part.split('`').skip(1).step_by(2));
    code.filter(|code| FOLDERS.iter().any(|folder| code.starts_with(folder)) && code.chars().all(is_of_path))
        .collect()
}

fn is_of_path(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_./".contains(letter)
}

/// Returns the parts of a page that are not code.
fn prose(text: &str) -> Vec<&str> {
    let outside = text.split("```").step_by(2);
    outside.flat_map(|part| part.split('`').step_by(2)).collect()
}

/// Returns the Markdown files of the repository by their path.
fn pages() -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    for folder in ["", "docs", "crates", "tests"] {
        collect(Path::new(folder), folder.is_empty(), &mut pages);
    }
    pages
}

fn collect(folder: &Path, is_root: bool, pages: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(sources::root().join(folder)).expect("a folder of the repository") {
        let path = folder.join(entry.expect("an entry of the folder").file_name());
        let file = sources::root().join(&path);
        if file.is_dir() {
            let is_generated = ["target", "node_modules", ".venv"].iter().any(|name| path.ends_with(name));
            if !is_root && !is_generated {
                collect(&path, false, pages);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.insert(path, fs::read_to_string(file).expect("a Markdown file"));
        }
    }
}
