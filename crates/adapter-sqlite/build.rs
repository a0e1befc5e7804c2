//! Rebuilds the crate when a migration is added, which `embed_migrations!` does not do.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/sqlite");
}
