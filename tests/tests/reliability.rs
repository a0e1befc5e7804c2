//! `docs/reliability.md` has a row for each fault that the tests cause.

use std::fs;
use std::path::PathBuf;

use auth_e2e::reliability::{self, Fault};
use auth_e2e::sources;

fn page() -> PathBuf {
    sources::root().join("docs/reliability.md")
}

#[test]
fn the_page_has_a_row_for_each_fault_and_no_other() {
    let text = fs::read_to_string(page()).expect("the page");
    assert_eq!(text, reliability::updated(&text, &[]), "run `just reliability`");
}

#[test]
fn a_test_measures_each_fault() {
    let tests = sources::below(&["tests/tests"]);
    for fault in Fault::ALL {
        assert!(tests.contains(&format!("Fault::{fault:?}")), "no test measures {fault:?}");
    }
}

#[test]
#[ignore = "just reliability"]
fn the_page_gets_the_figures_of_the_last_soak() {
    let text = fs::read_to_string(page()).expect("the page");
    let results = reliability::results();
    fs::write(page(), reliability::updated(&text, &results)).expect("the page is written");
}
