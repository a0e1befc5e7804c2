//! What is found when a part is examined.

use std::fmt;

/// One thing that an adapter found out about the server behind it, for administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub verdict: Verdict,
    /// One sentence: what was found, and for anything but [`Verdict::Good`] what to do about it.
    pub text: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Works, but something may be lost or refused that need not be.
    Warning,
    /// The service cannot keep its promises on this.
    Fault,
}

impl Finding {
    /// Finds something as it should be.
    pub fn good(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Good, text: text.into() }
    }

    /// Finds something that may cost something.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, text: text.into() }
    }

    /// Finds something that breaks a promise.
    pub fn fault(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fault, text: text.into() }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Fault => "FAULT",
        })
    }
}
