//! Access tokens that were revoked before their time.

use async_trait::async_trait;

use crate::model::{LiveAccessToken, RequestTime, TokenId};
use crate::ports::PortError;

/// Remembers revoked access tokens until they are dead by themselves.
///
/// # Contract
/// - What was added MUST be found by every call that starts later, on every instance
///   (`added_token_is_found`, `added_token_is_found_by_racing_readers`), and nothing else MUST be
///   (`other_tokens_are_not_found`).
/// - An entry MUST outlive its token by the configured margin, since other verifiers allow for clock
///   skew (`entry_outlives_its_token`), and MUST be gone some time after, by the time passed in or by the
///   backend's own clock (`entry_is_gone_in_the_end`).
/// - Adding twice MUST keep the later time (`adding_twice_keeps_the_later_time`).
/// - `contains` MUST NOT answer `false` because it could not ask: that is an error.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Denylist: Send + Sync {
    /// Tells whether the token with this id was revoked.
    async fn contains(&self, id: TokenId, request_time: RequestTime) -> Result<bool, PortError>;

    /// Revokes a token.
    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError>;
}
