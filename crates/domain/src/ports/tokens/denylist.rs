//! Revoked access tokens.

use async_trait::async_trait;

use crate::model::{LiveAccessToken, RequestTime, TokenId};
use crate::ports::PortError;

/// Stores revoked access tokens until no verifier accepts them any more.
///
/// # Contract
/// - An added token MUST be found by every call that starts later, on every instance
///   (`added_token_is_found`, `added_token_is_found_by_concurrent_readers`), and no other token MUST be found
///   (`other_tokens_are_not_found`).
/// - An entry MUST outlive its token by the configured margin, because other verifiers allow for clock skew
///   (`entry_outlives_its_token`), also if a clock ahead has issued it
///   (`entry_of_a_clock_ahead_outlives_its_token`), and MUST be gone some time after, by the time passed in or by the backend's own clock
///   (`entry_expires_after_the_margin`).
/// - Adding a token twice MUST keep the later time (`adding_twice_keeps_the_later_expiry`).
/// - `contains` MUST fail if the store cannot be asked. It MUST NOT return `false` then.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Denylist: Send + Sync {
    /// Whether the token with this id was revoked.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached or does not answer before the deadline.
    async fn contains(&self, id: TokenId, request_time: RequestTime) -> Result<bool, PortError>;

    /// Revokes a token.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The token is
    /// perhaps revoked then.
    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError>;
}
