//! Error messages about the data directory.

use std::io;
use std::path::Path;

use crate::command_error::CommandError;

/// Returns the error for a data directory without a store.
pub(super) fn no_store(path: &Path) -> CommandError {
    // A likely cause is a relative path in another working directory.
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    CommandError::Failed(format!(
        "there is no store in the data directory {}; run `migrate` to create it. If a server runs already, set the same \
         HOOKSENTRY_AUTH__DATA_DIR for this command, and run it in the same directory",
        shown.display()
    ))
}

/// Returns the error for a data directory that cannot be used.
pub(super) fn unusable(path: &Path, error: &io::Error) -> CommandError {
    CommandError::Failed(format!(
        "the data directory {} cannot be used: {error}; set HOOKSENTRY_AUTH__DATA_DIR to a directory that this user \
         can write to",
        path.display()
    ))
}
