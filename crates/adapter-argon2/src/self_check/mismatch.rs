//! Why a kernel is not used.

use thiserror::Error;

use crate::error::HashError;

/// Why a kernel is not used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Mismatch {
    #[error("the result of a vector of RFC 9106 is wrong ({0})")]
    Vector(&'static str),
    #[error("a hash of {0} KiB, {1} passes and {2} lanes differs from that of the reference")]
    Reference(u32, u32, u32),
    #[error(transparent)]
    Failed(#[from] HashError),
}
