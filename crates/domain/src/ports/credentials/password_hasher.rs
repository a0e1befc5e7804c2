//! Password hashing.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::{Password, PasswordHash, Timing};
use crate::ports::PortError;

/// Hashes and verifies passwords, off the async threads and in bounded memory.
///
/// # Contract
/// - A password MUST verify against its own hash and no other password MUST
///   (`own_hash_verifies_and_no_other_password_does`), byte for byte: white space, case, NUL,
///   normalisation and length all count (`every_byte_of_the_password_counts`).
/// - Two hashes of one password MUST differ (`every_hash_has_its_own_salt`) and MUST be PHC strings
///   of Argon2id with the configured parameters (`new_hashes_are_phc_strings`).
/// - A hash of other parameters than the configured ones MUST verify as outdated, one of the same
///   parameters as current (`hash_of_other_parameters_is_outdated`).
/// - The platform's older format `base64(salt):base64(hash)` MUST verify, as outdated
///   (`legacy_hash_verifies_as_outdated`).
/// - A stored text that is no hash, or whose parameters exceed the bounds, MUST be
///   [`PasswordCheck::Unusable`] after the work of one ordinary verification, with no more memory
///   taken (`unusable_hash_is_a_value`, `excessive_parameters_are_refused`).
/// - With no stored hash, `verify` MUST do the work of one ordinary verification and answer
///   [`PasswordCheck::Invalid`] (`missing_hash_never_verifies`).
/// - More calls than can begin before their deadline MUST be refused as
///   [`Overloaded`](crate::ports::PortErrorKind::Overloaded) (`full_queue_is_overloaded`), and a call
///   that was dropped while waiting MUST give its place back (`dropped_calls_give_their_place_back`).
/// - A call that fails after hashing has begun MUST be neither `Overloaded` nor `Unavailable`: those
///   two tell the caller that the password was not looked at.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password under a salt of its own.
    async fn hash(&self, password: &Password, timing: Timing) -> Result<PasswordHash, PortError>;

    /// Compares `password` with the stored hash of a user; `None` where there is no hash or no user.
    async fn verify(
        &self,
        password: &Password,
        stored: Option<PasswordHash>,
        timing: Timing,
    ) -> Result<PasswordCheck, PortError>;

    /// Returns how long a refused login has to take at least, counted from its start.
    ///
    /// It is the cost of the slowest hash that may be stored. `None` where all cost the same.
    fn refusal_floor(&self) -> Option<Duration>;
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// The password is right.
    Valid {
        /// Whether the stored hash should be replaced by a new one.
        outdated: bool,
    },
    /// The password is wrong, or there was nothing to compare it with.
    Invalid,
    /// What is stored cannot be verified against: no known format, or parameters out of bounds.
    Unusable,
}
