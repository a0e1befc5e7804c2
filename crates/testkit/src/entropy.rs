//! Chance.

use auth_domain::ports::{Entropy, PortError};

/// An [`Entropy`] that reads the operating system, so that no two tests share an id by accident.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestEntropy;

impl Entropy for TestEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is an implementation of the Entropy port")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(|error| PortError::unavailable(error.to_string()))
    }
}
