//! Password hashing.

use std::time::Duration;

use async_trait::async_trait;

use super::{Admission, Credential};
use crate::model::{HashParameters, HashUse, Password, PasswordHash, RequestTime};
use crate::ports::PortError;

/// Hashes and verifies passwords, off the async threads and in bounded memory.
///
/// # Contract
/// - A password MUST verify against its own hash and against no other (`hash_verifies_only_its_own_password`). Every
///   byte counts: white space, case, NUL, normalisation and length (`every_byte_of_the_password_counts`).
/// - Two hashes of one password MUST differ (`every_hash_has_its_own_salt`) and MUST be PHC strings of Argon2id with the
///   configured parameters (`new_hashes_are_phc_strings`).
/// - A hash with the configured parameters MUST verify as current, and one with other parameters as outdated
///   (`hash_of_other_parameters_is_outdated`).
/// - The legacy format `base64(salt):base64(hash)` MUST verify, as outdated (`legacy_hash_verifies_as_outdated`).
/// - A stored text that is not a hash, or whose parameters are out of bounds, MUST be [`PasswordCheck::Unusable`], without
///   more memory (`malformed_hash_is_unusable`, `excessive_parameters_are_rejected`).
/// - `usability` MUST return what `verify` would find: the format of a hash that verifies, and [`HashUse::Unusable`] for a text
///   that is [`PasswordCheck::Unusable`] whatever the settings (`usability_is_what_verify_finds`).
/// - With [`Credential::Missing`], `verify` MUST return [`PasswordCheck::Invalid`] (`missing_hash_never_verifies`).
/// - Every `verify` of a rejected login MUST do the same work: that of the most expensive hash that may be stored. The work
///   MUST NOT depend on the stored hash or on its existence (`rejection_costs_as_much_as_the_most_expensive_hash`). A right
///   password of [`Credential::Active`] MAY cost less.
/// - `admit` MUST assume the work of the most expensive hash for every caller. It has no information about the user.
/// - A call that cannot start before its deadline MUST be rejected as
///   [`Overloaded`](crate::ports::PortErrorKind::Overloaded) (`full_queue_returns_overloaded`). A dropped call and a dropped
///   admission MUST release their place (`dropped_calls_release_their_place`, `dropped_admissions_release_their_place`).
/// - A call that fails after hashing has started MUST NOT fail as `Overloaded` or `Unavailable`: these two mean that the
///   password was not compared.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Takes a place in the password queue.
    ///
    /// # Errors
    /// `Overloaded` if the turn cannot start before the deadline.
    fn admit(&self, request_time: RequestTime) -> Result<Admission, PortError>;

    /// Hashes a new password with its own salt.
    ///
    /// # Errors
    /// `Overloaded` if hashing cannot start before the deadline.
    async fn hash(&self, password: &Password, request_time: RequestTime) -> Result<PasswordHash, PortError>;

    /// Compares a password with the stored hash.
    ///
    /// # Parameters
    /// - `admission`: the place whose turn the comparison takes.
    ///
    /// # Errors
    /// `Overloaded` if the turn does not start before the deadline of `admission`.
    async fn verify(
        &self,
        password: &Password,
        credential: Credential,
        admission: Admission,
    ) -> Result<PasswordCheck, PortError>;

    /// Whether passwords verify against a stored text. It computes no hash.
    fn usability(&self, stored: &PasswordHash) -> HashUse;

    /// Sets the work of every turn to that of the most expensive hash, and returns it.
    ///
    /// # Parameters
    /// - `stored`: the parameters of all stored hashes. Parameters that are out of bounds are ignored, because such a hash is
    ///   never computed.
    fn charge_for(&self, stored: &[HashParameters]) -> TurnCost;
}

/// The result of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    /// The password is right.
    Valid {
        /// Whether the stored hash should be replaced by a new one.
        outdated: bool,
    },
    /// The password is wrong, or there is no hash.
    Invalid,
    /// The stored text is not a hash in a known format, or its parameters are out of bounds.
    Unusable,
}

/// The cost of the most expensive hash of each algorithm that may be stored, which is the cost of every rejected login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnCost {
    /// The parameters of these hashes: the beginnings of their texts, with ` + ` between.
    pub parameters: String,
    /// The duration of one turn, as measured recently.
    pub time: Duration,
    /// The number of concurrent turns.
    pub concurrency: u32,
    /// The memory of each turn, in KiB.
    pub memory_kib: u32,
}
