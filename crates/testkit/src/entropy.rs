//! Randomness for tests.

use auth_domain::ports::{Entropy, PortError};

/// An [`Entropy`] that reads the random numbers of the operating system, so that two tests never share an id.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestEntropy;

impl Entropy for TestEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is an implementation of the Entropy port")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(|error| PortError::unavailable(error.to_string()))
    }
}
