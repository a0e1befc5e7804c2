//! Randomness.

use zeroize::Zeroizing;

use super::PortError;

/// The only source of randomness in the program.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Entropy: Send + Sync {
    /// Fills `bytes` from the random number generator of the operating system.
    ///
    /// # Errors
    /// [`Unavailable`](super::PortErrorKind::Unavailable) if the generator fails. `bytes` must then not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError>;
}

/// `N` random bytes, wiped when dropped.
///
/// # Errors
/// As [`Entropy::fill`].
pub fn random_bytes<const N: usize>(entropy: &dyn Entropy) -> Result<Zeroizing<[u8; N]>, PortError> {
    let mut bytes = Zeroizing::new([0; N]);
    entropy.fill(&mut *bytes)?;
    Ok(bytes)
}
