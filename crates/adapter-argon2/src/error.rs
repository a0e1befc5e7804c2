//! What can be wrong with the set-up or a stored hash, and how failures cross the port.

use std::collections::TryReserveError;

use auth_domain::ports::PortError;
use thiserror::Error;
use tokio::task::JoinError;

/// Says which setting cannot be used, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// Cheaper to guess against than the OWASP Password Storage Cheat Sheet allows.
    #[error(
        "PASSWORD__MEMORY_KIB={memory_kib} with PASSWORD__ITERATIONS={iterations} is too weak: set them to \
         19456 and 2 at least (as good: 47104 and 1, 12288 and 3, 9216 and 4, 7168 and 5)"
    )]
    TooWeak {
        /// The memory that was asked for.
        memory_kib: u32,
        /// The passes that were asked for.
        iterations: u32,
    },
    /// A hash of this cost would not be accepted when it is read back.
    #[error("{setting} is too high: set it to {highest} at most")]
    TooCostly {
        /// The name of the setting.
        setting: &'static str,
        /// The highest value that is accepted.
        highest: u32,
    },
    /// Nothing can be computed with none.
    #[error("{setting} is 0: set it to 1 at least")]
    Zero {
        /// The name of the setting.
        setting: &'static str,
    },
    /// Not a usable number of hashes at a time.
    #[error("PASSWORD__CONCURRENCY is out of range: set it to between {lowest} and {highest}")]
    Concurrency {
        /// The lowest value that is accepted.
        lowest: usize,
        /// The highest value that is accepted.
        highest: usize,
    },
    /// The first hash, made to measure its time, failed.
    #[error("PASSWORD__MEMORY_KIB: no hash can be computed ({0}); lower it, or PASSWORD__CONCURRENCY")]
    CannotHash(#[from] HashError),
}

/// Says why a hash could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HashError {
    /// The system gives no memory for it.
    #[error("no memory for the hash")]
    Memory(#[from] TryReserveError),
    /// The library rejects its parameters or inputs.
    #[error("{0}")]
    Rejected(String),
}

impl From<argon2::Error> for HashError {
    fn from(error: argon2::Error) -> Self {
        Self::Rejected(error.to_string())
    }
}

impl From<HashError> for PortError {
    /// Without memory hashing has not begun, and the caller may be told so.
    fn from(error: HashError) -> Self {
        match error {
            HashError::Memory(_) => Self::unavailable(error),
            HashError::Rejected(_) => Self::corrupt(error),
        }
    }
}

/// Reports that a hash would begin after its caller has given up.
pub(crate) fn queue_is_full() -> PortError {
    PortError::overloaded("the password queue is longer than the deadline allows")
}

/// Reports that a job ended without a result.
///
/// A panic came after hashing had begun; a job that was cancelled was never started.
pub(crate) fn job_is_lost(error: JoinError) -> PortError {
    if error.is_panic() { PortError::corrupt(error) } else { PortError::unavailable(error) }
}

/// Says why a stored text cannot be verified against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum UnusableHash {
    /// Neither a PHC string of Argon2id, version 19, nor the older format.
    #[error("the stored text is in no known format")]
    UnknownFormat,
    /// A parameter or a length is beyond what is accepted.
    #[error("the parameters of the stored hash are out of bounds")]
    OutOfBounds,
    /// The older format, which is switched off.
    #[error("the stored hash is in the older format and PASSWORD__LEGACY is off")]
    LegacyIsOff,
}
