//! The names of the files and types of adapters.

use auth_figures::{Crate, Workspace};

use crate::sources::workspace;

/// The files of an adapter.
const FILES: &[&str] = &["lib.rs", "config.rs", "error.rs", "connection.rs", "clock.rs", "diagnostics.rs"];
/// The types in `error.rs`.
const ERRORS: &[&str] = &["ConfigError", "StoreError"];
const ABOUT_A_SERVER: &[&str] = &["connection.rs", "clock.rs", "diagnostics.rs", "StoreError"];
/// What an adapter does not have, and why.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    ("crates/adapter-argon2", ABOUT_A_SERVER, "there is no server"),
    ("crates/adapter-jwt", ABOUT_A_SERVER, "there is no server"),
    ("crates/adapter-sqlite", &["clock.rs"], "the clock of the store is the clock of the process"),
];

#[test]
fn every_adapter_has_the_files_of_the_others() {
    let workspace = workspace();
    let mut wrong = Vec::new();
    for adapter in adapters(workspace) {
        for name in FILES {
            let path = format!("{}/src/{name}", adapter.folder);
            if workspace.file(&path).is_some() == is_excepted(adapter, name) {
                wrong.push(path);
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_adapter_names_its_errors_like_the_others() {
    let mut wrong = Vec::new();
    for adapter in adapters(workspace()) {
        let path = format!("{}/src/error.rs", adapter.folder);
        let file = adapter.tree.files.iter().position(|file| file.path == path);
        let module = adapter.tree.modules.iter().find(|module| Some(module.file) == file);
        for name in ERRORS {
            let is_there = module.is_some_and(|it| it.items.contains(*name) || it.uses.contains_key(*name));
            if is_there == is_excepted(adapter, name) {
                wrong.push(format!("{name} in {path}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn an_adapter_implements_a_port_in_the_file_of_its_name() {
    let impls = workspace().port_impls();
    assert!(impls.len() >= 9, "{} implementations", impls.len());
    for (file, block) in impls {
        let (_, inner) = file.path.split_once("/src/").unwrap();
        let name = inner.split(['/', '.']).next().unwrap();
        let port = snake_case(&block.name);
        assert!(name.ends_with(&port), "{} implements {}", file.path, block.name);
    }
}

fn adapters(workspace: &Workspace) -> Vec<&Crate> {
    let adapters: Vec<_> =
        workspace.crates.iter().filter(|it| it.folder.starts_with("crates/adapter-")).collect();
    assert!(adapters.len() >= 5, "{} adapters", adapters.len());
    adapters
}

fn is_excepted(adapter: &Crate, name: &str) -> bool {
    EXCEPTIONS.iter().any(|(folder, names, _)| *folder == adapter.folder && names.contains(&name))
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}
