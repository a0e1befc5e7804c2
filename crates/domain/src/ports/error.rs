//! The one error of all ports.

use std::error::Error;
use std::fmt;

use thiserror::Error;

/// Trouble behind a port: a kind that decides the answer, and a cause that only logs see.
#[derive(Debug, Error)]
#[error("{kind}")]
pub struct PortError {
    kind: PortErrorKind,
    source: Box<dyn Error + Send + Sync>,
}

/// What sort of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// The part behind the port cannot be reached, or did not answer in time.
    Unavailable,
    /// The part behind the port has more to do than it can finish in time; nothing was begun.
    Overloaded,
    /// What was read contradicts itself; asking again will not help.
    Corrupt,
    /// The part behind the port is set up so that it cannot work.
    Misconfigured,
}

impl PortError {
    /// Makes an error of the kind [`Unavailable`](PortErrorKind::Unavailable).
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: PortErrorKind::Unavailable, source: source.into() }
    }

    /// Makes an error of the kind [`Overloaded`](PortErrorKind::Overloaded).
    pub fn overloaded(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: PortErrorKind::Overloaded, source: source.into() }
    }

    /// Makes an error of the kind [`Corrupt`](PortErrorKind::Corrupt).
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: PortErrorKind::Corrupt, source: source.into() }
    }

    /// Makes an error of the kind [`Misconfigured`](PortErrorKind::Misconfigured).
    pub fn misconfigured(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: PortErrorKind::Misconfigured, source: source.into() }
    }

    /// Returns the kind, which decides what a client is told.
    #[must_use]
    pub const fn kind(&self) -> PortErrorKind {
        self.kind
    }
}

impl fmt::Display for PortErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unavailable => "unavailable",
            Self::Overloaded => "overloaded",
            Self::Corrupt => "corrupt",
            Self::Misconfigured => "misconfigured",
        })
    }
}
