//! Whether a file exists.

use std::path::Path;

use crate::command_error::CommandError;

/// Returns whether a file exists.
pub(super) fn exists(path: &Path) -> Result<bool, CommandError> {
    path.try_exists()
        .map_err(|error| CommandError::Failed(format!("{} cannot be read: {error}", path.display())))
}
