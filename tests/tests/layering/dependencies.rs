//! The dependencies between crates, as Cargo knows them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use cargo_metadata::DependencyKind;

use crate::allowed::{
    DRIVERS, FORBIDDEN_IN_THE_DOMAIN, OF_ANY_ADAPTER, OF_FUZZING, OF_THE_DOMAIN, OF_THE_SERVER,
    OF_THE_VERIFIER,
};
use crate::packages::{
    ADAPTER, BATCHING, DOMAIN, FIGURES, FUZZING, HTTP_INPUT, JWT, POSTGRES, REDIS, SERVER, STORE_CONNECTION,
    STRICT_JSON, TESTKIT, TESTS, VERIFIER, adapters, folder, metadata, named, ours, theirs,
};

#[test]
fn the_domain_depends_on_no_other_crate_and_no_framework() {
    let metadata = metadata();
    let domain = named(&metadata, DOMAIN);
    assert_eq!(ours(domain), BTreeSet::new());
    assert_eq!(outside(&theirs(domain), OF_THE_DOMAIN), BTreeSet::new());
    let mockall =
        domain.dependencies.iter().find(|on| on.name == "mockall" && on.kind == DependencyKind::Normal);
    assert!(mockall.is_none_or(|mockall| mockall.optional), "mocks are a feature");
}

/// Asks Cargo what it builds for the domain alone, because other crates could enable more features.
#[test]
fn no_transitive_dependency_of_the_domain_does_io() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree =
        ["tree", "--package", DOMAIN, "--edges", "normal", "--no-default-features", "--prefix", "none"];
    let output = Command::new(cargo).args(tree).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let names: BTreeSet<_> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() > 10 && names.contains("sha2"), "{names:?}");
    for forbidden in FORBIDDEN_IN_THE_DOMAIN {
        let found =
            names.iter().find(|name| **name == *forbidden || name.starts_with(&format!("{forbidden}-")));
        assert_eq!(found, None, "the domain depends on it");
    }
}

#[test]
fn an_adapter_depends_only_on_the_domain_and_its_driver() {
    let metadata = metadata();
    let adapters = adapters(&metadata);
    assert!(adapters.len() >= 5, "{} adapters", adapters.len());
    for adapter in adapters {
        assert!(ours(adapter).contains(DOMAIN), "{}", adapter.name);
        let own =
            DRIVERS.iter().filter(|(_, users)| users.contains(&adapter.name.as_str())).map(|(name, _)| *name);
        let allowed: Vec<_> = own.chain(OF_ANY_ADAPTER.iter().copied()).collect();
        assert_eq!(outside(&theirs(adapter), &allowed), BTreeSet::new(), "{}", adapter.name);
    }
}

#[test]
fn a_driver_is_used_only_by_its_own_crates() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        for (driver, users) in DRIVERS {
            let uses = package.dependencies.iter().any(|on| on.name == *driver);
            assert!(!uses || users.contains(&package.name.as_str()), "{} uses {driver}", package.name);
        }
        if package.name.as_str() == VERIFIER {
            assert!(!theirs(package).contains("jsonwebtoken"), "the verifier ships it");
        }
        let web = theirs(package).into_iter().find(|name| name.starts_with("actix"));
        assert!(
            web.is_none() || [VERIFIER, SERVER].contains(&package.name.as_str()),
            "{} uses {web:?}",
            package.name
        );
    }
}

#[test]
fn the_server_is_on_top_and_no_test_crate_is_shipped() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let allowed: &[&str] = match package.name.as_str() {
            BATCHING | DOMAIN | FIGURES | HTTP_INPUT | STORE_CONNECTION | STRICT_JSON => &[],
            TESTKIT => &[DOMAIN],
            TESTS => &[TESTKIT, FIGURES],
            FUZZING => OF_FUZZING,
            VERIFIER => OF_THE_VERIFIER,
            SERVER => OF_THE_SERVER,
            JWT => &[DOMAIN, STRICT_JSON],
            POSTGRES | REDIS => &[DOMAIN, BATCHING, STORE_CONNECTION],
            name => {
                assert!(name.starts_with(ADAPTER), "{name} is not in the list of layers");
                &[DOMAIN]
            }
        };
        assert_eq!(outside(&ours(package), allowed), BTreeSet::new(), "{}", package.name);
    }
}

#[test]
fn mocks_are_enabled_only_for_tests() {
    for package in metadata().workspace_packages() {
        let normal = package.dependencies.iter().filter(|on| on.kind != DependencyKind::Development);
        let mut on_domain = normal.filter(|on| on.name == DOMAIN);
        assert!(on_domain.all(|on| !on.features.contains(&"mocks".to_owned())), "{}", package.name);
    }
}

#[test]
fn only_the_composition_names_adapters() {
    for (package, file) in [(SERVER, "compose"), (VERIFIER, "connect")] {
        let metadata = metadata();
        let sources = folder(named(&metadata, package)).join("src");
        let mut composed = false;
        for path in rust_files(&sources) {
            let names_one = fs::read_to_string(&path).unwrap().contains("auth_adapter_");
            let relative = path.strip_prefix(&sources).unwrap();
            let is_composition = relative.starts_with(file) || relative == Path::new(&format!("{file}.rs"));
            assert!(!names_one || is_composition, "{} names an adapter", path.display());
            composed |= names_one;
        }
        assert!(composed, "{file}.rs of {package} names the adapters");
    }
}

/// A service with adapters of its own does not need ours.
#[test]
fn the_verifier_needs_no_adapter() {
    let metadata = metadata();
    for on in &named(&metadata, VERIFIER).dependencies {
        let is_adapter = on.name.starts_with(ADAPTER) && on.kind == DependencyKind::Normal;
        assert!(!is_adapter || on.optional, "{} is not optional", on.name);
    }
}

fn outside<'a>(names: &BTreeSet<&'a str>, allowed: &[&str]) -> BTreeSet<&'a str> {
    names.iter().copied().filter(|name| !allowed.contains(name)).collect()
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
