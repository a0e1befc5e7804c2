//! How the program tells a person that it could not do what was asked.

use std::error::Error;
use std::io::{Write, stderr};
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use auth_domain::ports::PortError;
use auth_domain::use_cases::{EndSessionsError, ManageUsersError};
use thiserror::Error;

/// How long writing to standard error may take.
const PRINT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why the program stops, in words that name the setting and the remedy.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// Settings that cannot be used, all at once.
    #[error("the configuration cannot be used:\n{}", list(.0))]
    Configuration(Vec<String>),
    /// An argument that cannot be used.
    #[error("{0}")]
    Arguments(String),
    /// Anything else that a person can mend.
    #[error("{0}")]
    Startup(String),
    /// An administrative act that was rejected.
    #[error("{0}")]
    Command(String),
}

impl Failure {
    /// Prints the failure to standard error and names the exit code.
    ///
    /// 2 is a mistake in settings or arguments, as clap has it; 1 is everything else.
    pub(crate) fn report(&self) -> ExitCode {
        print_error(format!("error: {self}\n"));
        match self {
            Self::Configuration(_) | Self::Arguments(_) => ExitCode::from(2),
            Self::Startup(_) | Self::Command(_) => ExitCode::FAILURE,
        }
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::Command(chain(&error))
    }
}

impl From<EndSessionsError> for Failure {
    fn from(error: EndSessionsError) -> Self {
        Self::Command(chain(&error))
    }
}

impl From<ManageUsersError> for Failure {
    fn from(error: ManageUsersError) -> Self {
        Self::Command(chain(&error))
    }
}

/// Writes to standard error, at most for [`PRINT_TIMEOUT`]: the process must end even if standard error is not read (S-93).
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

/// Joins an error and its causes to one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.to_string();
        if !text.ends_with(&inner) {
            text = format!("{text}: {inner}");
        }
        cause = error.source();
    }
    text
}

fn list(problems: &[String]) -> String {
    problems.iter().map(|problem| format!("  - {problem}")).collect::<Vec<_>>().join("\n")
}
