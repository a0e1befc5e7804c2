//! `docs/security.md` lists requirements and their tests; both exist, and none is missing.

use std::collections::{BTreeMap, BTreeSet};

use auth_e2e::sources;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md"));

/// Numbers below 99 that are not used.
const UNUSED: [u8; 14] = [7, 13, 17, 22, 24, 33, 41, 56, 58, 65, 68, 72, 75, 78];

#[test]
fn every_listed_test_is_where_the_page_says() {
    let mut folders: BTreeMap<String, String> = BTreeMap::new();
    let mut tests = BTreeSet::new();
    for item in requirements().values().flat_map(|requirement| &requirement.items) {
        let Some((test, places)) = test_of(item) else { continue };
        let places: Vec<&str> = places.filter(|place| *place != "interop").collect();
        assert!(!places.is_empty(), "{item}: no crate is named");
        for place in places {
            let folder = folder_of(place);
            let sources = folders.entry(folder).or_insert_with_key(|folder| sources::below(&[folder]));
            assert!(sources.contains(&format!("fn {test}(")), "there is no test {test} in {place}");
        }
        tests.insert(test);
    }
    assert!(tests.len() > 100, "the page names {} tests", tests.len());
}

#[test]
fn every_requirement_of_a_test_is_listed() {
    let listed = requirements();
    let sources = sources();
    let comments = sources.lines().filter_map(|line| line.trim().strip_prefix("// S-"));
    let ids: BTreeSet<String> = comments
        .flat_map(|comment| comment.split(", S-"))
        .map(|id| format!("S-{}", id.chars().take_while(char::is_ascii_digit).collect::<String>()))
        .collect();
    assert!(ids.len() > 50, "the tests name {} requirements", ids.len());
    for id in ids {
        assert!(listed.contains_key(id.as_str()), "{id} is not listed");
    }
}

#[test]
fn every_requirement_is_listed_with_tests_or_as_missing() {
    let listed = requirements();
    for number in (1..99).filter(|number| !UNUSED.contains(number)) {
        let id = format!("S-{number:02}");
        let requirement = listed.get(id.as_str()).unwrap_or_else(|| panic!("{id} is not on the page"));
        let has_proof = requirement.tests().next().is_some() || requirement.text.contains("**Missing:**");
        assert!(has_proof, "{id} has neither tests nor a sentence about what is missing");
    }
}

#[test]
fn every_item_names_one_test_once() {
    for (id, requirement) in requirements() {
        let tests: Vec<&str> = requirement.tests().collect();
        let commands = requirement.items.iter().filter(|item| item.starts_with("- `just "));
        assert_eq!(tests.len() + commands.count(), requirement.items.len(), "{id}: {:#?}", requirement.items);
        assert_eq!(tests.iter().collect::<BTreeSet<_>>().len(), tests.len(), "{id} names a test twice");
    }
}

/// The part of the page below the heading of one requirement.
#[derive(Default)]
struct Requirement {
    text: String,
    items: Vec<&'static str>,
}

impl Requirement {
    /// Returns the names of its tests.
    fn tests(&self) -> impl Iterator<Item = &'static str> {
        self.items.iter().filter_map(|item| Some(test_of(item)?.0))
    }
}

/// Returns the test of an item and the places in brackets; `None` for a command.
fn test_of(item: &'static str) -> Option<(&'static str, impl Iterator<Item = &'static str>)> {
    let (name, rest) = item.strip_prefix("- `")?.split_once('`')?;
    let places = rest.trim().trim_start_matches('(').trim_end_matches(')').split(", ");
    let is_test = name.contains('_') && !name.contains(' ');
    is_test.then_some((name, places))
}

/// Returns the folder of the tests of a place, from the root of the repository.
fn folder_of(place: &str) -> String {
    match place {
        "e2e" => "tests/tests".to_owned(),
        "fuzzing" => "tests/fuzzing/tests".to_owned(),
        "contract" => "crates/testkit/src/contracts".to_owned(),
        name => format!("crates/{name}"),
    }
}

/// Returns the requirements of the page by id.
fn requirements() -> BTreeMap<&'static str, Requirement> {
    let mut requirements: BTreeMap<_, Requirement> = BTreeMap::new();
    let mut id = None;
    for line in PAGE.lines() {
        if line.starts_with('#') {
            id = line.strip_prefix("### ").and_then(|heading| heading.split(": ").next());
            let is_new = id.is_none_or(|id| requirements.insert(id, Requirement::default()).is_none());
            assert!(is_new, "{line} is there twice");
        } else if let Some(requirement) = id.and_then(|id| requirements.get_mut(id)) {
            if line.starts_with("- ") {
                requirement.items.push(line);
            } else {
                requirement.text.push_str(line);
            }
        }
    }
    requirements
}

/// Returns every Rust source of the workspace as one text.
fn sources() -> String {
    sources::below(&["crates", "tests"])
}
