//! The real sources of time and chance: the only place that asks the operating system for either, but for the clock, which is
//! the guard's.

use auth_domain::ports::{Entropy, PortError};
pub(crate) use auth_verifier::SystemClock;

/// The operating system's generator for secrets.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is what the Entropy port stands for")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(PortError::unavailable)
    }
}
