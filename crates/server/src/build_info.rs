//! The version, the commit and the cargo features of this program.

use std::sync::LazyLock;

/// The version of the package.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The short id of the commit that was built; `unknown` if the sources were not a clone.
pub(crate) const COMMIT: &str = env!("BUILD_COMMIT");
/// The cargo features that are on, separated by commas; `none` without any.
pub(crate) const FEATURES: &str = env!("BUILD_FEATURES");

/// The version, the commit and the features on one line.
pub(crate) static LONG_VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{VERSION} (commit {COMMIT}, features: {FEATURES})"));
