//! PBKDF2 with HMAC (RFC 8018).

use ::pbkdf2::pbkdf2_hmac;
use sha2::{Sha256, Sha512};

use super::per_algorithm::Algorithm;

/// The hash function of the HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha256,
    Sha512,
}

/// The hash function, and the number of iterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pbkdf2Cost {
    digest: Digest,
    iterations: u32,
}

impl Pbkdf2Cost {
    const HIGHEST: u32 = 2_000_000;

    /// The cost; `None` if it is out of bounds.
    pub(crate) fn new(digest: Digest, iterations: u32) -> Option<Self> {
        (1..=Self::HIGHEST).contains(&iterations).then_some(Self { digest, iterations })
    }

    pub(crate) const fn algorithm(self) -> Algorithm {
        match self.digest {
            Digest::Sha256 => Algorithm::Pbkdf2Sha256,
            Digest::Sha512 => Algorithm::Pbkdf2Sha512,
        }
    }

    /// The number of iterations.
    pub(crate) const fn work(self) -> u64 {
        self.iterations as u64
    }

    /// The beginning of a stored hash.
    pub(crate) fn parameters(self) -> String {
        let Self { digest, iterations } = self;
        format!("${}$i={iterations}", digest.name())
    }

    /// The cost of the hash that completes the work after `done` iterations.
    pub(crate) fn rest(self, done: u64) -> Option<Self> {
        let left = u32::try_from(self.work().saturating_sub(done)).ok()?;
        Self::new(self.digest, left)
    }

    /// Computes a hash. A longer output than [`Digest::bytes`] would take twice the work.
    pub(crate) fn hash(self, password: &[u8], salt: &[u8], output: &mut [u8]) {
        match self.digest {
            Digest::Sha256 => pbkdf2_hmac::<Sha256>(password, salt, self.iterations, output),
            Digest::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, self.iterations, output),
        }
    }
}

impl Digest {
    pub(crate) const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// The name in a stored hash.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "pbkdf2-sha256",
            Self::Sha512 => "pbkdf2-sha512",
        }
    }

    /// The length of the result, in bytes.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}
