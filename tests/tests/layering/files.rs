//! The files that crates have in common.

use std::fs;

use crate::packages::{adapters, folder, metadata};

/// The files that every adapter has.
const FILES_OF_AN_ADAPTER: &[&str] =
    &["src/lib.rs", "src/config.rs", "src/error.rs", "tests/contract.rs", "README.md"];

#[test]
fn every_adapter_has_the_same_files() {
    for adapter in adapters(&metadata()) {
        for file in FILES_OF_AN_ADAPTER {
            assert!(folder(adapter).join(file).is_file(), "{} has no {file}", adapter.name);
        }
    }
}

#[test]
fn every_crate_has_a_readme_and_the_lints_of_the_workspace() {
    for package in metadata().workspace_packages() {
        let folder = folder(package);
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        assert!(readme.lines().count() > 3, "the README of {} is empty", package.name);
        let roots = ["src/lib.rs", "src/main.rs"]
            .map(|root| fs::read_to_string(folder.join(root)).unwrap_or_default());
        let included = r#"#![doc = include_str!("../README.md")]"#;
        assert!(
            roots.iter().any(|root| root.contains(included)),
            "{} does not include its README",
            package.name
        );
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} has lints of its own", package.name);
        assert!(package.description.is_some(), "{} has no description", package.name);
    }
}
