//! Successes as stores keep them.

use crate::model::LimitKey;

/// The last success of an email from an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Success {
    /// The limit key of the email and the address together.
    pub pair: LimitKey,
    /// The time of the success.
    pub at: i64,
}
