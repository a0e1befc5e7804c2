//! Errors of commands, and how they are printed.

use std::io::Write;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anstream::stderr;
use auth_domain::ports::PortError;
use auth_domain::use_cases::{EndAllSessionsError, EndSessionsError, ManageUsersError};
use thiserror::Error;

use crate::error_chain::error_chain;
use crate::printable::printable_lines;
use crate::styles::{BAD, styled};

/// The timeout of a write to standard error.
const PRINT_TIMEOUT: Duration = Duration::from_secs(1);

/// The reason why a command ends without success. The text names the setting or the thing, and what to do.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    /// Every problem of the settings.
    #[error("the configuration cannot be used:\n{}", list(.0))]
    Settings(Vec<String>),
    /// An argument of the command line is invalid.
    #[error("{0}")]
    Arguments(String),
    /// Any other error.
    #[error("{0}")]
    Failed(String),
}

impl CommandError {
    /// Prints the error to standard error and returns the exit code: 2 for invalid settings or arguments, as clap does, and
    /// 1 for everything else.
    pub(crate) fn report(&self) -> ExitCode {
        print_error(format!("{} {}\n", styled("error:", BAD), printable_lines(&self.to_string())));
        match self {
            Self::Settings(_) | Self::Arguments(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}

impl From<PortError> for CommandError {
    fn from(error: PortError) -> Self {
        Self::Failed(error_chain(&error))
    }
}

impl From<EndSessionsError> for CommandError {
    fn from(error: EndSessionsError) -> Self {
        Self::Failed(error_chain(&error))
    }
}

impl From<EndAllSessionsError> for CommandError {
    fn from(error: EndAllSessionsError) -> Self {
        Self::Failed(error_chain(&error))
    }
}

impl From<ManageUsersError> for CommandError {
    fn from(error: ManageUsersError) -> Self {
        Self::Failed(error_chain(&error))
    }
}

/// Writes to standard error within [`PRINT_TIMEOUT`]: the process must end even if standard error is not read (S-93).
fn print_error(text: String) {
    let (done, printed) = channel();
    let writing = thread::Builder::new().spawn(move || {
        let _ = stderr().write_all(text.as_bytes());
        let _ = done.send(());
    });
    if writing.is_ok() {
        let _ = printed.recv_timeout(PRINT_TIMEOUT);
    }
}

fn list(problems: &[String]) -> String {
    problems.iter().map(|problem| format!("  - {problem}")).collect::<Vec<_>>().join("\n")
}
