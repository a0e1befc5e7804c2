//! The workflows of continuous integration: pinned actions, and recipes that exist.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use auth_e2e::sources;

const CI: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../.github/workflows/ci.yml"));
const JUSTFILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../justfile"));

#[test]
fn every_action_is_pinned_by_a_hash_with_its_version() {
    let mut count = 0;
    for (path, text) in workflows() {
        for line in text.lines() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            if action.starts_with("./") {
                assert!(sources::root().join(action).join("action.yml").exists(), "{path:?}: {action}");
                continue;
            }
            count += 1;
            let (_, pin) = action.split_once('@').expect("a version of the action");
            let (hash, version) = pin.split_once(" # v").expect("a hash and its version in a comment");
            let is_hash = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_hash && version.split('.').count() == 3, "{path:?}: {action}");
        }
    }
    assert!(count >= 10, "{count} actions were found");
}

#[test]
fn every_recipe_that_a_workflow_or_document_names_exists() {
    let recipes = recipes();
    assert!(recipes.len() > 20, "{recipes:?}");
    let mut named = BTreeSet::new();
    for (path, text) in workflows().into_iter().chain(documents()) {
        for name in named_recipes(&text) {
            assert!(recipes.contains(name), "{path:?}: just {name}");
            named.insert(name.to_owned());
        }
    }
    assert!(named.len() > 15, "{named:?}");
}

#[test]
fn every_crate_has_a_job_and_every_job_is_required() {
    let matrix: BTreeSet<&str> =
        CI.lines().filter_map(|line| line.strip_prefix("          - auth-")).collect();
    let packages = sources::crates()
        .into_iter()
        .chain(["figures", "fuzzing"].map(str::to_owned))
        .collect::<BTreeSet<_>>();
    assert_eq!(matrix, packages.iter().map(String::as_str).collect());

    let jobs = CI.split_once("\njobs:\n").expect("jobs").1;
    let names = jobs.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    let names: BTreeSet<&str> = names.filter(|name| !name.starts_with(' ') && *name != "all").collect();
    let needs = CI.lines().find_map(|line| line.trim().strip_prefix("needs: [")?.strip_suffix(']'));
    let needs: BTreeSet<&str> = needs.expect("the needs of the last job").split(", ").collect();
    assert!(names.len() >= 8, "{names:?}");
    assert_eq!(names, needs);
}

#[test]
fn every_job_has_a_timeout_and_workflows_write_nothing_by_default() {
    for (path, text) in workflows() {
        let Some((head, jobs)) = text.split_once("\njobs:\n") else { continue };
        assert!(head.contains("\npermissions:\n  contents: read\n"), "{path:?}");
        assert!(head.contains("\nconcurrency:\n"), "{path:?}");
        let count = |text: &str| jobs.lines().filter(|line| line.starts_with(text)).count();
        assert_eq!(count("    runs-on: "), count("    timeout-minutes: "), "{path:?}");
        let checkouts = jobs.matches("actions/checkout@").count();
        assert_eq!(checkouts, jobs.matches("persist-credentials: false").count(), "{path:?}");
    }
}

/// Returns the YAML files below `.github` that run something, with their texts.
fn workflows() -> Vec<(PathBuf, String)> {
    let root = sources::root().join(".github");
    let workflows = entries(&root.join("workflows"));
    let actions = entries(&root.join("actions")).into_iter().map(|folder| folder.join("action.yml"));
    workflows.into_iter().chain(actions).map(read).collect()
}

/// Returns the documents for contributors.
fn documents() -> Vec<(PathBuf, String)> {
    let folder = sources::root();
    let docs = entries(&folder.join("docs"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "md"));
    ["README.md", "CONTRIBUTING.md", ".ci/run"]
        .map(|name| folder.join(name))
        .into_iter()
        .chain(docs)
        .map(read)
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn read(path: PathBuf) -> (PathBuf, String) {
    let text = fs::read_to_string(&path).expect("a text file");
    (path, text)
}

/// Returns the names of the recipes of the justfile.
fn recipes() -> BTreeSet<&'static str> {
    let heads = JUSTFILE.lines().filter(|line| line.starts_with(|letter: char| letter.is_ascii_lowercase()));
    let heads = heads.filter(|line| line.contains(':') && !line.contains(":="));
    // A default value of a parameter contains `=`, and no colon before the dependencies.
    heads.filter_map(|line| line.split([' ', ':']).next()).collect()
}

/// Returns the words after `just` in code: in a workflow each line, in a document what is between backticks or after a prompt.
fn named_recipes(text: &str) -> Vec<&str> {
    let starts = ["run: just ", "`just ", "$ just ", "\njust "];
    let after = starts.iter().flat_map(|start| text.split(start).skip(1));
    let names = after.filter_map(|rest| rest.split(|letter: char| !is_of_name(letter)).next());
    names.filter(|name| !name.is_empty() && !name.starts_with('-')).collect()
}

const fn is_of_name(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
}
