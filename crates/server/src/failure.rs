//! How the program tells a person that it could not do what was asked.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use auth_domain::ports::PortError;
use auth_domain::use_cases::ManageUsersError;
use thiserror::Error;

/// Why the program stops, in words that name the setting and the remedy.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// Settings that cannot be used, all at once.
    #[error("the configuration cannot be used:\n{}", list(.0))]
    Configuration(Vec<String>),
    /// Anything else that a person can mend.
    #[error("{0}")]
    Startup(String),
    /// An administrative act that was refused.
    #[error("{0}")]
    Command(String),
}

impl Failure {
    /// Prints the failure to standard error and names the exit code.
    ///
    /// 2 is a mistake in settings or arguments, as clap has it; 1 is everything else.
    pub(crate) fn report(&self) -> ExitCode {
        // Nothing is left to be done when standard error is closed.
        let _ = writeln!(std::io::stderr(), "error: {self}");
        match self {
            Self::Configuration(_) => ExitCode::from(2),
            Self::Startup(_) | Self::Command(_) => ExitCode::FAILURE,
        }
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::Command(chain(&error))
    }
}

impl From<ManageUsersError> for Failure {
    fn from(error: ManageUsersError) -> Self {
        Self::Command(chain(&error))
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
