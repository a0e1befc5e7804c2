//! Every contract case that is named in a port exists, is run by a macro, and catches a seeded fault.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

const PORTS: [&str; 7] = [
    "credentials/password_hasher",
    "credentials/user_repository",
    "login_limiter",
    "tokens/access_tokens",
    "tokens/denylist",
    "tokens/legacy_refresh_tokens",
    "tokens/session_store",
];

#[test]
fn every_case_named_in_a_port_exists_and_is_run() {
    let macros = read(&own("src/macros.rs"));
    for port in PORTS {
        let suite = port.rsplit('/').next().unwrap();
        let source = sources(&own("src/contracts"), suite);
        let listed =
            macros.split(&format!("mod {suite}_contract")).nth(1).unwrap().split('}').next().unwrap();
        let named = names(&read(&own(&format!("../domain/src/ports/{port}.rs"))));
        assert!(named.len() > 4, "{port} names {named:?}");
        for name in &named {
            assert!(source.contains(&format!("pub async fn {name}(")), "{suite}::{name} is missing");
            assert!(listed.contains(&format!(" {name},")), "{suite}::{name} is not run");
        }
        let run = listed.lines().filter(|line| line.trim_end().ends_with(',')).count();
        assert_eq!(run, named.len(), "the macro of {suite} runs cases that its port does not name");
    }
}

#[test]
fn every_case_catches_a_seeded_fault() {
    // `AccessTokens` has no fake: a correct one would be a second implementation of HS256.
    for port in PORTS.into_iter().filter(|port| *port != "tokens/access_tokens") {
        let suite = port.rsplit('/').next().unwrap();
        let faults = read(&own(&format!("tests/seeded_faults/faults/{suite}.rs")));
        for name in names(&read(&own(&format!("../domain/src/ports/{port}.rs")))) {
            assert!(faults.contains(&format!("{suite}::{name},")), "no fault is seeded for {suite}::{name}");
        }
    }
}

/// Returns the names in parentheses: ``(`one`)`` or ``(`one`, `another`)``.
fn names(port: &str) -> Vec<String> {
    let docs: Vec<&str> = port.lines().filter_map(|line| line.trim().strip_prefix("///")).collect();
    let docs = docs.join("");
    let brackets = docs.split('(').skip(1).filter_map(|text| text.split(')').next());
    let mut names = Vec::new();
    for bracket in brackets {
        let parts = bracket.split(',').map(|part| part.trim().strip_prefix('`')?.strip_suffix('`'));
        names.extend(parts.collect::<Option<Vec<_>>>().unwrap_or_default());
    }
    names.into_iter().map(str::to_owned).collect()
}

/// Returns the source of a suite: `suite.rs` and the files in `suite/`.
fn sources(folder: &Path, suite: &str) -> String {
    let mut text = read(&folder.join(format!("{suite}.rs")));
    for entry in fs::read_dir(folder.join(suite)).into_iter().flatten() {
        text.push_str(&read(&entry.unwrap().path()));
    }
    text
}

fn own(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
