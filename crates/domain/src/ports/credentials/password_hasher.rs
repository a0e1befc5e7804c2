//! Password hashing.

use std::time::Duration;

use async_trait::async_trait;

use super::{Admission, Credential};
use crate::model::{HashParameters, Password, PasswordHash, RequestTime};
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
///   [`PasswordCheck::Unusable`], with no more memory taken (`unusable_hash_is_a_value`,
///   `excessive_parameters_are_refused`).
/// - With [`Credential::Missing`], `verify` MUST return [`PasswordCheck::Invalid`]
///   (`missing_hash_never_verifies`).
/// - Every `verify` whose login is rejected MUST do the same work: that of the dearest hash that may be
///   stored. It does not depend on the stored hash, or on whether there is one
///   (`rejection_costs_what_the_dearest_stored_hash_costs`). A right password of [`Credential::Active`] MAY
///   cost less.
/// - `admit` MUST charge every caller the work of the dearest hash. It knows nothing of the account.
/// - More calls than can begin before their deadline MUST be rejected as
///   [`Overloaded`](crate::ports::PortErrorKind::Overloaded) (`full_queue_is_overloaded`), and an
///   admission that is dropped MUST give its place back (`dropped_calls_give_their_place_back`,
///   `dropped_admissions_give_their_place_back`).
/// - A call that fails after hashing has begun MUST be neither `Overloaded` nor `Unavailable`: those
///   two mean that the password was not compared.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Takes a place in the password queue, if a turn can begin before the deadline of `timing`.
    ///
    /// # Errors
    /// `Overloaded` if the queue is too long.
    fn admit(&self, request_time: RequestTime) -> Result<Admission, PortError>;

    /// Hashes a new password with a salt of its own.
    ///
    /// # Errors
    /// `Overloaded` if hashing cannot begin in time.
    async fn hash(&self, password: &Password, request_time: RequestTime) -> Result<PasswordHash, PortError>;

    /// Compares `password` with `credential`, in the turn that `admission` reserves.
    ///
    /// # Errors
    /// `Overloaded` if the turn does not come in time.
    async fn verify(
        &self,
        password: &Password,
        credential: Credential,
        admission: Admission,
    ) -> Result<PasswordCheck, PortError>;

    /// Sets the parameters of all stored hashes, and returns what every turn is charged from now on.
    ///
    /// Parameters that are out of bounds are ignored: such a hash is never computed.
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
    /// The password is wrong, or there was nothing to compare it with.
    Invalid,
    /// What is stored cannot be verified against: no known format, or parameters out of bounds.
    Unusable,
}

/// The cost of the dearest hash that may be stored, which every rejected login is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnCost {
    /// The parameters of the dearest hash, as a PHC string begins.
    pub parameters: String,
    /// The time that one turn takes, from recent measurements.
    pub time: Duration,
    /// The number of turns at the same time.
    pub concurrency: u32,
}
