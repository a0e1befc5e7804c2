//! The system clock and the system's randomness. Everything else gets time and randomness through ports.

use auth_domain::ports::{Entropy, PortError};
pub(crate) use auth_verifier::SystemClock;

/// The random number generator of the operating system.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is what the Entropy port stands for")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(PortError::unavailable)
    }
}
