//! Lines on standard output and standard error. Colours are printed on a terminal only (`NO_COLOR`, `CLICOLOR_FORCE`, `TERM`).

use std::io::Write as _;

use anstream::{stderr, stdout};
use serde::Serialize;

use crate::command_error::CommandError;
use crate::printable::printable_json;

/// Prints one line of a result. The command fails if it cannot be printed.
pub(super) fn print(line: &str) -> Result<(), CommandError> {
    writeln!(stdout(), "{line}").map_err(|error| CommandError::Failed(format!("standard output: {error}")))
}

/// Returns an object as a line of JSON that a terminal may show.
pub(super) fn json_line(object: &impl Serialize) -> Result<String, CommandError> {
    let json = serde_json::to_string(object).map_err(|error| CommandError::Failed(error.to_string()))?;
    Ok(printable_json(&json))
}

/// Prints one line about a change that was made. A closed or full standard output does not change the exit code.
pub(super) fn confirm(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

/// Prints one line about a problem that does not end the command.
pub(super) fn warn(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}
