//! Errors of the configuration, of hashing and of stored hashes.

use auth_domain::model::HashFormat;
use auth_domain::ports::PortError;
use thiserror::Error;
use tokio::sync::oneshot::error::RecvError;

/// An unusable setting. Each message has the name of the setting, the problem and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The cost is below the table of the OWASP Password Storage Cheat Sheet.
    #[error(
        "PASSWORD__MEMORY_KIB={memory_kib} with PASSWORD__ITERATIONS={iterations} is below the OWASP minimum; set \
         them to at least 19456 and 2 (equivalent: 47104 and 1, 12288 and 3, 9216 and 4, 7168 and 5)"
    )]
    TooWeak {
        /// The configured memory.
        memory_kib: u32,
        /// The configured passes.
        iterations: u32,
    },
    /// The cost is beyond the bounds of stored hashes: such a hash would not verify.
    #[error("{setting} is too high; set it to at most {highest}")]
    TooCostly {
        /// The name of the setting.
        setting: &'static str,
        /// The highest value that is accepted.
        highest: u32,
    },
    /// The value is zero.
    #[error("{setting} is 0; set it to at least 1")]
    Zero {
        /// The name of the setting.
        setting: &'static str,
    },
    /// The number of permits is out of range.
    #[error("PASSWORD__CONCURRENCY is out of range; set it to a number from {lowest} to {highest}")]
    Concurrency {
        /// The lowest value that is accepted.
        lowest: usize,
        /// The highest value that is accepted.
        highest: usize,
    },
    /// The reference computes wrong hashes, so no password can be verified.
    #[error(
        "cannot compute password hashes: {0}; the processor or the memory of this machine is defective, or the program \
         was built wrongly: install it again, or use another machine"
    )]
    WrongHashes(String),
}

/// An error of computing a hash.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HashError {
    /// The memory could not be allocated.
    #[error("out of memory")]
    OutOfMemory,
    /// The library rejected the parameters or the inputs.
    #[error("{0}")]
    Rejected(String),
}

impl From<HashError> for PortError {
    /// Without memory, hashing has not begun, so the error may be `Unavailable`.
    fn from(error: HashError) -> Self {
        match error {
            HashError::OutOfMemory => Self::unavailable(error),
            HashError::Rejected(_) => Self::corrupt(error),
        }
    }
}

/// The error of a call that cannot begin before its deadline.
pub(crate) fn queue_is_full() -> PortError {
    PortError::overloaded("the password queue is too long to begin before the deadline")
}

/// The error of a job that panicked: it ended without a result after hashing had begun.
pub(crate) fn job_failed(error: RecvError) -> PortError {
    PortError::corrupt(error)
}

/// The reason why a stored text cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum UnusableHash {
    /// The text has none of the formats.
    #[error("the stored text has no known format")]
    UnknownFormat,
    /// A parameter or a length is out of bounds.
    #[error("the parameters of the stored hash are out of bounds")]
    OutOfBounds,
    /// The format is switched off.
    #[error("the stored hash has the format of {0}; {remedy} to accept it", remedy = .0.remedy().unwrap_or_default())]
    SwitchedOff(HashFormat),
}
