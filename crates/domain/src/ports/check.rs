//! The results of diagnostics.

use std::fmt;

/// The result of one check of a dependency, for administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The severity.
    pub severity: Severity,
    /// The result in one sentence. Unless the severity is [`Severity::Ok`], it ends with a semicolon and the remedy.
    pub text: String,
    /// Whether it may end without a change of settings. Then it does not prevent the start of an instance.
    pub is_outage: bool,
}

/// The severity of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// No problem.
    Ok,
    /// The service works, but data can be lost, or requests can be rejected without need.
    Warning,
    /// The service cannot give its guarantees.
    Error,
}

impl Check {
    /// A check without a problem.
    pub fn ok(text: impl Into<String>) -> Self {
        Self { severity: Severity::Ok, text: text.into(), is_outage: false }
    }

    /// A check with a warning.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, text: text.into(), is_outage: false }
    }

    /// A check with an error.
    pub fn error(text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, text: text.into(), is_outage: false }
    }

    /// A check with an error that may end without a change of settings, such as a server that does not answer.
    pub fn outage(text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, text: text.into(), is_outage: true }
    }

    /// Returns the text before the remedy, and the remedy.
    #[must_use]
    pub fn problem_and_remedy(&self) -> (&str, Option<&str>) {
        match self.severity {
            Severity::Ok => (&self.text, None),
            Severity::Warning | Severity::Error => match self.text.rsplit_once("; ") {
                Some((problem, remedy)) => (problem, Some(remedy)),
                None => (&self.text, None),
            },
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "ERROR",
        })
    }
}
