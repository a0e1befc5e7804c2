//! What is found when a part is examined.

use std::fmt;

/// One thing that an adapter found out about the server behind it, for administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// How bad it is.
    pub severity: Severity,
    /// One sentence: what was found, and for anything but [`Severity::Ok`] what to do about it.
    pub text: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Works, but something may be lost or rejected that need not be.
    Warning,
    /// The service cannot keep its promises on this.
    Error,
}

impl Check {
    /// Finds something as it should be.
    pub fn ok(text: impl Into<String>) -> Self {
        Self { severity: Severity::Ok, text: text.into() }
    }

    /// Finds something that may cost something.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, text: text.into() }
    }

    /// Finds something that breaks a promise.
    pub fn error(text: impl Into<String>) -> Self {
        Self { severity: Severity::Error, text: text.into() }
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
