//! Passes the commit and the cargo features of the build to the compiler.

use std::env;
use std::error::Error;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the commit if the sources have no git history: a tarball, or a container build without `.git`.
const OVERRIDE: &str = "HOOKSENTRY_AUTH_COMMIT";
/// The number of digits of a shortened commit id.
const DIGITS: usize = 7;
/// Files of git that change when another commit is checked out.
const FILES_OF_HEAD: [&str; 2] = ["HEAD", "logs/HEAD"];

fn main() -> Result<(), Box<dyn Error>> {
    let crate_folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut out = stdout();
    writeln!(out, "cargo::rerun-if-changed=build.rs")?;
    writeln!(out, "cargo::rerun-if-env-changed={OVERRIDE}")?;
    // Only files that exist: cargo would run this program each time because of a missing one.
    for file in git_files(&crate_folder) {
        writeln!(out, "cargo::rerun-if-changed={}", file.display())?;
    }
    let commit = match env::var(OVERRIDE) {
        Ok(commit) if !commit.is_empty() => shortened(&commit)?,
        _ => commit(&crate_folder).unwrap_or_else(|| "unknown".to_owned()),
    };
    writeln!(out, "cargo::rustc-env=BUILD_COMMIT={commit}")?;
    writeln!(out, "cargo::rustc-env=BUILD_FEATURES={}", features())?;
    Ok(())
}

/// Returns the commit that is checked out; `None` if the sources are not a clone of their own.
fn commit(crate_folder: &Path) -> Option<String> {
    is_clone(crate_folder).then(|| git(crate_folder, &["rev-parse", &format!("--short={DIGITS}"), "HEAD"]))?
}

/// Returns whether git knows the root of the workspace as the root of a working tree. An unpacked tarball may lie inside the
/// working tree of another project.
fn is_clone(crate_folder: &Path) -> bool {
    git(crate_folder, &["rev-parse", "--show-cdup"]).is_some_and(|up| up == "../../")
}

fn git_files(crate_folder: &Path) -> Vec<PathBuf> {
    if !is_clone(crate_folder) {
        return Vec::new();
    }
    let path = |name| git(crate_folder, &["rev-parse", "--git-path", name]);
    let paths = FILES_OF_HEAD.into_iter().filter_map(path);
    paths.map(|path| crate_folder.join(path)).filter(|path| path.exists()).collect()
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(folder).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Returns a given commit as git shows it: the first digits of a full id, any other name as it is.
fn shortened(commit: &str) -> Result<String, String> {
    let is_id = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_name = commit.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if !is_name {
        return Err(format!("{OVERRIDE}: {commit:?} is not the id of a commit; write for example abc1234"));
    }
    Ok(commit.chars().take(if is_id { DIGITS } else { commit.len() }).collect())
}

/// Returns the cargo features that are on, in alphabetical order.
fn features() -> String {
    let variables =
        env::vars().filter_map(|(name, _)| name.strip_prefix("CARGO_FEATURE_").map(str::to_owned));
    let names = variables.map(|name| name.to_ascii_lowercase().replace('_', "-"));
    let mut features: Vec<String> = names.filter(|name| name != "default").collect();
    features.sort();
    if features.is_empty() { "none".to_owned() } else { features.join(", ") }
}
