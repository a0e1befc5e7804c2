//! Refresh tokens of the platform's former service.

use async_trait::async_trait;

use crate::model::{Ending, LegacyHolder, LegacyRefreshToken, LiveAccessToken, RequestTime, UserId};
use crate::ports::PortError;

/// Honours the refresh tokens that the former service issued, until they expire or are used.
///
/// # Contract
/// - A token MUST name its holder, and stay as it is (`legacy_token_names_its_holder`); one that nobody
///   issued MUST be `None` and MUST NOT be consumed (`unknown_legacy_token_is_nobodys`).
/// - Of any number of concurrent calls, exactly one MUST consume a token (`one_racer_consumes_a_legacy_token`).
/// - After [`SessionStore::end_all`](crate::ports::SessionStore::end_all) for its holder, a token MUST be
///   neither found nor consumed, also one that was found before
///   (`legacy_tokens_of_an_ended_user_are_refused`), and no other user's
///   (`legacy_tokens_of_others_stay_good`).
/// - Ending a token of another user MUST change nothing, the denylist included
///   (`foreign_legacy_token_is_untouched`). Ending one's own MUST delete it and revoke the access token in
///   the same step (`ended_legacy_token_is_gone_with_the_access_token`).
/// - A call whose deadline has passed before it begins MUST change nothing and be an error of the kind
///   [`Unavailable`](crate::ports::PortErrorKind::Unavailable) (`call_past_its_deadline_changes_nothing`).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait LegacyRefreshTokens: Send + Sync {
    /// Names the holder of a live token.
    async fn find(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Option<LegacyHolder>, PortError>;

    /// Consumes a token of `holder`; `false` when another call was first, or his tokens were rejected meanwhile.
    async fn consume(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        request_time: RequestTime,
    ) -> Result<bool, PortError>;

    /// Deletes a token of `holder`, and revokes the access token that he logs out with.
    async fn end(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        also_revoke: LiveAccessToken,
        request_time: RequestTime,
    ) -> Result<Ending, PortError>;
}
