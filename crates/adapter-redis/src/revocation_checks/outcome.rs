//! The outcome of one check in a batch.

use auth_domain::ports::PortError;

use crate::error::StoreError;

/// Whether the token is revoked.
pub(super) type Checked = Result<bool, NoCheck>;

/// Why a check has no answer.
#[derive(Clone)]
pub(super) enum NoCheck {
    /// No connection was open. The callers open one, and share the attempt.
    NotOpen,
    /// The node redirects: the slot of the entry moves, or has moved. The caller follows, so that the batch need not wait.
    Redirected,
    Failed(PortError),
}

impl From<StoreError> for NoCheck {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NotOpen) { Self::NotOpen } else { Self::Failed(error.into()) }
    }
}
