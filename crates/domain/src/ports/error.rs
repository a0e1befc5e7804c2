//! The error of all ports.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// An error of an adapter: its kind determines the response, and its source is for logs only.
///
/// A clone shares the source: one failed call to a server can be the error of several callers.
#[derive(Clone, Debug)]
pub struct PortError {
    kind: PortErrorKind,
    source: Arc<dyn Error + Send + Sync>,
}

/// The kind of a [`PortError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// The dependency cannot be reached, or did not answer a read before the deadline. The call changed nothing, and will
    /// change nothing later.
    Unavailable,
    /// The dependency did not answer a write before the deadline. The call may have taken effect. It will not take effect later.
    Unanswered,
    /// The dependency has too much work to answer before the deadline. The call was not started.
    Overloaded,
    /// The stored data contradicts itself. A repeat fails, too.
    Corrupt,
    /// The dependency or its settings are set up wrongly.
    Misconfigured,
}

impl PortErrorKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Unavailable, Self::Unanswered, Self::Overloaded, Self::Corrupt, Self::Misconfigured];

    /// The name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Unanswered => "unanswered",
            Self::Overloaded => "overloaded",
            Self::Corrupt => "corrupt",
            Self::Misconfigured => "misconfigured",
        }
    }
}

impl PortError {
    /// An error of the kind [`Unavailable`](PortErrorKind::Unavailable).
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: PortErrorKind::Unavailable, source: source.into().into() }
    }

    /// An error of the kind [`Unanswered`](PortErrorKind::Unanswered).
    pub fn unanswered(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: PortErrorKind::Unanswered, source: source.into().into() }
    }

    /// An error of the kind [`Overloaded`](PortErrorKind::Overloaded).
    pub fn overloaded(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: PortErrorKind::Overloaded, source: source.into().into() }
    }

    /// An error of the kind [`Corrupt`](PortErrorKind::Corrupt).
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: PortErrorKind::Corrupt, source: source.into().into() }
    }

    /// An error of the kind [`Misconfigured`](PortErrorKind::Misconfigured).
    pub fn misconfigured(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: PortErrorKind::Misconfigured, source: source.into().into() }
    }

    /// The same error of an operation that may have taken effect, wholly or in part: `Unavailable` and `Overloaded` become
    /// `Unanswered`.
    #[must_use]
    pub fn into_unanswered(self) -> Self {
        let kind = match self.kind {
            PortErrorKind::Unavailable | PortErrorKind::Unanswered | PortErrorKind::Overloaded => {
                PortErrorKind::Unanswered
            }
            kind @ (PortErrorKind::Corrupt | PortErrorKind::Misconfigured) => kind,
        };
        Self { kind, ..self }
    }

    /// The same error of one of several servers that a dependency consists of: its text names the server.
    #[must_use]
    pub fn at(self, server: &str) -> Self {
        Self {
            kind: self.kind,
            source: Arc::new(AtServer { server: server.to_owned(), source: self.source }),
        }
    }

    /// The kind, which determines the response.
    #[must_use]
    pub const fn kind(&self) -> PortErrorKind {
        self.kind
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// The source of an error, and the server that it is about.
#[derive(Debug)]
struct AtServer {
    server: String,
    source: Arc<dyn Error + Send + Sync>,
}

impl fmt::Display for AtServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.server, self.source)
    }
}

impl Error for AtServer {
    /// The text contains that of the source.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}

impl fmt::Display for PortErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
