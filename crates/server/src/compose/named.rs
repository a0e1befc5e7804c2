//! Names of settings in the problems that adapters report.

use std::fmt::Display;

use crate::config::ENVIRONMENT_PREFIX;

/// Returns a problem with the full name of its setting. Adapters begin with the name without the prefix.
pub(super) fn named(problem: &impl Display) -> String {
    format!("{ENVIRONMENT_PREFIX}{problem}")
}
