//! The dependency rule of the workspace, held by a test that reads what Cargo knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

const DOMAIN: &str = "auth-domain";
const SERVER: &str = "auth-server";
const VERIFIER: &str = "auth-verifier";
const TESTKIT: &str = "auth-testkit";
const TESTS: &str = "auth-e2e";
const FIGURES: &str = "auth-figures";
const ADAPTER: &str = "auth-adapter-";

/// All that the domain may be made of.
const OF_THE_DOMAIN: &[&str] = &[
    "async-trait",
    "chacha20poly1305",
    "hkdf",
    "mockall",
    "sha2",
    "subtle",
    "thiserror",
    "time",
    "uuid",
    "zeroize",
];
/// What any adapter may use beside its own driver: no I/O of its own, and the runtime.
const OF_ANY_ADAPTER: &[&str] = &[
    "async-trait",
    "base64",
    "serde",
    "serde_json",
    "subtle",
    "thiserror",
    "time",
    "tokio",
    "tracing",
    "uuid",
    "zeroize",
];
/// Which crate may use which driver. Tests look into the embedded store too, and the guard's benchmark measures itself by
/// `jsonwebtoken`; they ship nothing.
const DRIVERS: &[(&str, &[&str])] = &[
    ("actix-http", &[SERVER]),
    ("actix-web", &[VERIFIER, SERVER]),
    ("argon2", &["auth-adapter-argon2"]),
    ("dashmap", &["auth-adapter-redis"]),
    ("deadpool-redis", &["auth-adapter-redis"]),
    ("diesel", &["auth-adapter-postgres", "auth-adapter-sqlite", TESTS]),
    ("diesel-async", &["auth-adapter-postgres"]),
    ("diesel_migrations", &["auth-adapter-postgres", "auth-adapter-sqlite"]),
    ("foldhash", &["auth-adapter-redis"]),
    ("jsonwebtoken", &["auth-adapter-jwt", VERIFIER]),
    ("libsqlite3-sys", &["auth-adapter-sqlite", TESTS]),
    ("prometheus-client", &[SERVER]),
    ("redis", &["auth-adapter-redis"]),
    ("rustls", &["auth-adapter-postgres", "auth-adapter-redis"]),
    ("rustls-native-certs", &["auth-adapter-postgres"]),
    ("sha2", &[DOMAIN, "auth-adapter-jwt", SERVER, TESTS]),
    ("tokio-postgres", &["auth-adapter-postgres"]),
    ("tokio-postgres-rustls", &["auth-adapter-postgres"]),
    ("zxcvbn", &["auth-adapter-jwt", SERVER]),
];
/// What stands below the server.
const OF_THE_SERVER: &[&str] = &[
    DOMAIN,
    "auth-adapter-argon2",
    "auth-adapter-jwt",
    "auth-adapter-postgres",
    "auth-adapter-redis",
    "auth-adapter-sqlite",
    VERIFIER,
];
/// What the guard connects other services to; it works without them on what they bring themselves.
const OF_THE_VERIFIER: &[&str] = &[DOMAIN, "auth-adapter-jwt", "auth-adapter-redis"];
/// Crates that do I/O, map objects to rows, speak HTTP, or bring chance and threads with them.
const FORBIDDEN_IN_THE_DOMAIN: &[&str] = &[
    "actix",
    "async-std",
    "axum",
    "diesel",
    "getrandom",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "polling",
    "rand",
    "redis",
    "reqwest",
    "rusqlite",
    "rustix",
    "sea-orm",
    "socket2",
    "sqlx",
    "tokio",
    "tower",
    "tracing-subscriber",
];
/// What every adapter has, under the same name.
const FILES_OF_AN_ADAPTER: &[&str] =
    &["src/lib.rs", "src/config.rs", "src/error.rs", "tests/contract.rs", "README.md"];

#[test]
fn the_domain_depends_on_nothing_of_ours_and_on_no_framework() {
    let metadata = metadata();
    let domain = package(&metadata, DOMAIN);
    assert_eq!(ours(domain), BTreeSet::new());
    assert_eq!(outside(&theirs(domain), OF_THE_DOMAIN), BTreeSet::new());
    let mockall =
        domain.dependencies.iter().find(|on| on.name == "mockall" && on.kind == DependencyKind::Normal);
    assert!(mockall.is_none_or(|mockall| mockall.optional), "mocks are a feature");
}

/// What Cargo would build for the domain alone, which features of other crates cannot blur.
#[test]
fn nothing_that_the_domain_is_built_from_does_io() {
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
        assert_eq!(found, None, "the domain is built from it");
    }
}

#[test]
fn an_adapter_depends_on_the_domain_and_its_own_driver_alone() {
    let metadata = metadata();
    let adapters =
        metadata.workspace_packages().into_iter().filter(|package| package.name.starts_with(ADAPTER));
    let mut count = 0;
    for adapter in adapters {
        count += 1;
        assert_eq!(ours(adapter), BTreeSet::from([DOMAIN]), "{}", adapter.name);
        let own =
            DRIVERS.iter().filter(|(_, users)| users.contains(&adapter.name.as_str())).map(|(name, _)| *name);
        let allowed: Vec<_> = own.chain(OF_ANY_ADAPTER.iter().copied()).collect();
        assert_eq!(outside(&theirs(adapter), &allowed), BTreeSet::new(), "{}", adapter.name);
    }
    assert!(count >= 5, "{count} adapters");
}

#[test]
fn every_driver_is_used_where_it_belongs_and_nowhere_else() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        for (driver, users) in DRIVERS {
            let uses = package.dependencies.iter().any(|on| on.name == *driver);
            assert!(!uses || users.contains(&package.name.as_str()), "{} uses {driver}", package.name);
        }
        if package.name.as_str() == VERIFIER {
            assert!(!theirs(package).contains("jsonwebtoken"), "the guard ships it");
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
fn the_server_is_on_top_and_test_crates_are_never_shipped() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let allowed: &[&str] = match package.name.as_str() {
            DOMAIN | FIGURES => &[],
            TESTKIT => &[DOMAIN],
            TESTS => &[TESTKIT, FIGURES],
            VERIFIER => OF_THE_VERIFIER,
            SERVER => OF_THE_SERVER,
            name => {
                assert!(name.starts_with(ADAPTER), "{name} has no place in the layers yet");
                &[DOMAIN]
            }
        };
        assert_eq!(outside(&ours(package), allowed), BTreeSet::new(), "{}", package.name);
    }
}

#[test]
fn mocks_are_enabled_for_tests_alone() {
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
        let sources = folder(self::package(&metadata, package)).join("src");
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

/// Who has adapters of his own depends on the guard without ours.
#[test]
fn the_verifier_needs_no_adapter() {
    let metadata = metadata();
    for on in &package(&metadata, VERIFIER).dependencies {
        let is_adapter = on.name.starts_with(ADAPTER) && on.kind == DependencyKind::Normal;
        assert!(!is_adapter || on.optional, "{} is not optional", on.name);
    }
}

#[test]
fn every_adapter_has_the_same_files() {
    let metadata = metadata();
    for adapter in
        metadata.workspace_packages().into_iter().filter(|package| package.name.starts_with(ADAPTER))
    {
        for file in FILES_OF_AN_ADAPTER {
            assert!(folder(adapter).join(file).is_file(), "{} has no {file}", adapter.name);
        }
    }
}

#[test]
fn every_crate_has_a_readme_as_its_documentation_and_the_lints_of_the_workspace() {
    for package in metadata().workspace_packages() {
        let folder = folder(package);
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        assert!(readme.lines().count() > 3, "the README of {} says nothing", package.name);
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

fn metadata() -> Metadata {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    metadata.unwrap_or_else(|error| unreachable!("cargo metadata: {error}"))
}

fn package<'a>(metadata: &'a Metadata, name: &str) -> &'a Package {
    let packages = metadata.workspace_packages().into_iter();
    let mut found = packages.filter(|package| package.name.as_str() == name);
    found.next().unwrap_or_else(|| unreachable!("{name} is a member of the workspace"))
}

/// The crates of this workspace that a crate ships with.
fn ours(package: &Package) -> BTreeSet<&str> {
    let shipped = package.dependencies.iter().filter(|on| on.kind != DependencyKind::Development);
    shipped.filter(|on| on.path.is_some()).map(|on| on.name.as_str()).collect()
}

/// The crates from elsewhere that a crate ships with.
fn theirs(package: &Package) -> BTreeSet<&str> {
    let shipped = package.dependencies.iter().filter(|on| on.kind != DependencyKind::Development);
    shipped.filter(|on| on.path.is_none()).map(|on| on.name.as_str()).collect()
}

fn outside<'a>(names: &BTreeSet<&'a str>, allowed: &[&str]) -> BTreeSet<&'a str> {
    names.iter().copied().filter(|name| !allowed.contains(name)).collect()
}

fn folder(package: &Package) -> &Path {
    package.manifest_path.as_std_path().parent().unwrap_or(Path::new("/"))
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}
