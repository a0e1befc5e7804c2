//! Refresh tokens of the legacy service.

use async_trait::async_trait;

use crate::model::{Ending, LegacyHolder, LegacyRefreshToken, LiveAccessToken, RequestTime, UserId};
use crate::ports::PortError;

/// Reads and consumes the refresh tokens that the legacy service issued.
///
/// # Contract
/// - `find` MUST return the holder of a token and change nothing (`legacy_token_returns_its_holder`). For an unknown token it
///   MUST return `None`, and `consume` MUST return `false` (`unknown_legacy_token_has_no_holder`).
/// - Of concurrent calls exactly one MUST consume a token (`one_concurrent_consume_of_a_legacy_token_wins`).
/// - After [`SessionStore::end_all`](crate::ports::SessionStore::end_all) for its holder, a token MUST NOT be found or
///   consumed, also if it was found before (`ending_all_sessions_rejects_the_legacy_tokens`). Tokens of other users MUST stay
///   valid (`legacy_tokens_of_other_users_stay_valid`).
/// - Ending a token of another user MUST change nothing, also in the denylist
///   (`legacy_token_of_another_user_is_not_changed`). Ending a token of the user MUST delete it and revoke the access token in
///   one atomic operation (`ending_a_legacy_token_revokes_the_access_token`).
/// - A call whose deadline has passed before it starts MUST change nothing and fail as
///   [`Unavailable`](crate::ports::PortErrorKind::Unavailable) (`call_past_its_deadline_changes_nothing`).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait LegacyRefreshTokens: Send + Sync {
    /// The holder of a live token; `None` if the token is unknown.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached or does not answer before the deadline, `Corrupt` if the stored holder
    /// cannot be read.
    async fn find(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Option<LegacyHolder>, PortError>;

    /// Consumes a token. Returns `false` if it was consumed before, or if the tokens of `holder` are rejected.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The token is
    /// perhaps consumed then.
    async fn consume(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        request_time: RequestTime,
    ) -> Result<bool, PortError>;

    /// Deletes a token of `holder`, and revokes an access token with it.
    ///
    /// # Parameters
    /// - `also_revoke`: the access token of the logout.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The call can be
    /// repeated.
    async fn end(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        also_revoke: LiveAccessToken,
        request_time: RequestTime,
    ) -> Result<Ending, PortError>;
}
