//! Chance.

use super::PortError;

/// The only source of chance in the program.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Entropy: Send + Sync {
    /// Fills `bytes` from the operating system's generator for secrets.
    ///
    /// # Errors
    /// [`Unavailable`](super::PortErrorKind::Unavailable) when there is none; `bytes` must then not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError>;
}
