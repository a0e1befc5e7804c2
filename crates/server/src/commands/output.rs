//! Lines on standard output.

use std::io::{Write, stderr, stdout};

use crate::command_error::CommandError;

/// Prints one line of a result. The command fails if it cannot be printed.
pub(super) fn print(line: &str) -> Result<(), CommandError> {
    writeln!(stdout(), "{line}").map_err(|error| CommandError::Failed(format!("standard output: {error}")))
}

/// Prints one line about a change that was made. A closed or full standard output does not change the exit code.
pub(super) fn confirm(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

/// Prints one line about a problem that does not end the command.
pub(super) fn warn(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}
