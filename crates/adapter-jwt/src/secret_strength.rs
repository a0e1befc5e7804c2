//! The rules for secrets that sign tokens or protect the admin listener (S-38).

mod guesses;
mod known;

use thiserror::Error;

/// The minimum length of a secret in bytes: the length of the hash of HS256 (RFC 7518 §3.2).
pub(crate) const MIN_BYTES: usize = 32;
/// The minimum number of distinct bytes of a secret.
pub(crate) const MIN_DISTINCT_BYTES: usize = 8;

/// The reason why a secret is rejected, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WeakKey {
    /// A published secret: every attacker tries it.
    #[error("the secret is published on the Internet; make one with `openssl rand -hex 32`")]
    WellKnown,
    /// Shorter than 32 bytes.
    #[error("the secret is shorter than 32 bytes; make one with `openssl rand -hex 32`")]
    TooShort,
    /// Fewer than 8 distinct bytes.
    #[error("the secret has fewer than 8 different bytes; make one with `openssl rand -hex 32`")]
    TooUniform,
    /// Made of words, runs or repeats, so that fewer than 2^96 guesses find it.
    #[error("the secret can be guessed (words, runs or repeats); make one with `openssl rand -hex 32`")]
    Guessable,
}

/// Checks a secret against every rule of S-38.
///
/// # Errors
/// The first rule that the secret breaks. [`WeakKey::Guessable`] is checked last: with this error, all other rules hold.
pub fn check_secret(text: &str) -> Result<(), WeakKey> {
    if known::is_known(text) {
        return Err(WeakKey::WellKnown);
    }
    if text.len() < MIN_BYTES {
        return Err(WeakKey::TooShort);
    }
    if distinct_bytes(text) < MIN_DISTINCT_BYTES {
        return Err(WeakKey::TooUniform);
    }
    if guesses::are_too_few(text) {
        return Err(WeakKey::Guessable);
    }
    Ok(())
}

/// Returns the number of distinct bytes.
fn distinct_bytes(text: &str) -> usize {
    (0..=u8::MAX).filter(|byte| text.as_bytes().contains(byte)).count()
}

#[cfg(test)]
mod tests;
