//! The packages of the workspace.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

pub(crate) const DOMAIN: &str = "auth-domain";
pub(crate) const SERVER: &str = "auth-server";
pub(crate) const VERIFIER: &str = "auth-verifier";
pub(crate) const BATCHING: &str = "auth-batching";
pub(crate) const STORE_CONNECTION: &str = "auth-store-connection";
pub(crate) const STRICT_JSON: &str = "auth-strict-json";
pub(crate) const TESTKIT: &str = "auth-testkit";
pub(crate) const TESTS: &str = "auth-e2e";
pub(crate) const FIGURES: &str = "auth-figures";
pub(crate) const FUZZING: &str = "auth-fuzzing";
pub(crate) const HTTP_INPUT: &str = "auth-http-input";
pub(crate) const ADAPTER: &str = "auth-adapter-";
pub(crate) const JWT: &str = "auth-adapter-jwt";
pub(crate) const POSTGRES: &str = "auth-adapter-postgres";
pub(crate) const REDIS: &str = "auth-adapter-redis";

pub(crate) fn metadata() -> Metadata {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    metadata.unwrap_or_else(|error| unreachable!("cargo metadata: {error}"))
}

pub(crate) fn named<'a>(metadata: &'a Metadata, name: &str) -> &'a Package {
    let packages = metadata.workspace_packages().into_iter();
    let mut found = packages.filter(|package| package.name.as_str() == name);
    found.next().unwrap_or_else(|| unreachable!("{name} is not a member of the workspace"))
}

pub(crate) fn adapters(metadata: &Metadata) -> Vec<&Package> {
    let packages = metadata.workspace_packages().into_iter();
    packages.filter(|package| package.name.starts_with(ADAPTER)).collect()
}

/// Returns the dependencies of a crate on crates of this workspace, without its development dependencies.
pub(crate) fn ours(package: &Package) -> BTreeSet<&str> {
    let shipped = package.dependencies.iter().filter(|on| on.kind != DependencyKind::Development);
    shipped.filter(|on| on.path.is_some()).map(|on| on.name.as_str()).collect()
}

/// Returns the dependencies of a crate on crates from registries, without its development dependencies.
pub(crate) fn theirs(package: &Package) -> BTreeSet<&str> {
    let shipped = package.dependencies.iter().filter(|on| on.kind != DependencyKind::Development);
    shipped.filter(|on| on.path.is_none()).map(|on| on.name.as_str()).collect()
}

pub(crate) fn folder(package: &Package) -> &Path {
    package.manifest_path.as_std_path().parent().unwrap_or(Path::new("/"))
}
