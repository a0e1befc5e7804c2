//! The algorithm of a hash, with its cost.

use super::bcrypt::BcryptCost;
use super::pbkdf2::Pbkdf2Cost;
use super::per_algorithm::Algorithm;
use super::scrypt::ScryptCost;
use crate::cost::Cost;

/// The algorithm and the cost parameters of a hash, within the bounds of stored hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashCost {
    Argon2(Cost),
    Bcrypt(BcryptCost),
    Pbkdf2(Pbkdf2Cost),
    Scrypt(ScryptCost),
}

impl HashCost {
    pub(crate) const fn algorithm(self) -> Algorithm {
        match self {
            Self::Argon2(_) => Algorithm::Argon2id,
            Self::Bcrypt(_) => Algorithm::Bcrypt,
            Self::Pbkdf2(cost) => cost.algorithm(),
            Self::Scrypt(_) => Algorithm::Scrypt,
        }
    }

    /// The work of a hash in the unit of its algorithm, independently of the machine.
    pub(crate) const fn work(self) -> u64 {
        match self {
            Self::Argon2(cost) => cost.work(),
            Self::Bcrypt(cost) => cost.work(),
            Self::Pbkdf2(cost) => cost.work(),
            Self::Scrypt(cost) => cost.work(),
        }
    }

    /// The blocks of the reused memory that a hash needs.
    pub(crate) const fn blocks(self) -> u32 {
        match self {
            Self::Argon2(cost) => cost.blocks(),
            Self::Bcrypt(_) | Self::Pbkdf2(_) | Self::Scrypt(_) => 0,
        }
    }

    /// The costs of the hashes that complete the work of this one after `done`.
    pub(crate) fn rest(self, done: u64) -> Vec<Self> {
        match self {
            Self::Argon2(cost) => cost.rest(done).map(Self::Argon2).into_iter().collect(),
            Self::Bcrypt(cost) => cost.rest(done).into_iter().map(Self::Bcrypt).collect(),
            Self::Pbkdf2(cost) => cost.rest(done).map(Self::Pbkdf2).into_iter().collect(),
            Self::Scrypt(cost) => cost.rest(done).into_iter().map(Self::Scrypt).collect(),
        }
    }

    /// Whether the algorithm distinguishes `password` from every other one.
    ///
    /// bcrypt repeats the key with a NUL between, so `a` and `a\0a` have the same hashes. HMAC pads a short key with NULs.
    pub(crate) fn distinguishes(self, password: &[u8]) -> bool {
        match self {
            Self::Argon2(_) => true,
            Self::Bcrypt(_) => !password.contains(&0),
            Self::Pbkdf2(_) | Self::Scrypt(_) => !password.ends_with(&[0]),
        }
    }
}
