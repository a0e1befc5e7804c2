//! Refresh tokens of the legacy service.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::{
    Ending, LegacyClaim, LegacyHolder, LegacyRefreshToken, LiveAccessToken, RequestTime, SessionRef, UserId,
};
use crate::ports::PortError;

/// Reads and consumes the refresh tokens that the legacy service issued.
///
/// An exchange claims the token for a new session, opens the session, and consumes the token. The claim stays, so that a
/// later call with the token finds the session.
///
/// # Contract
/// - `find` MUST return the holder of a token and change nothing (`legacy_token_returns_its_holder`). For an unknown token it
///   MUST return `None`, `consume` MUST return `false`, and `successor` MUST return `None`
///   (`unknown_legacy_token_has_no_holder`).
/// - Of concurrent claims exactly one MUST get [`LegacyClaim::Own`], and the others its session
///   (`one_concurrent_claim_of_a_legacy_token_wins`). The same claim repeated MUST be `Own` again
///   (`repeated_claim_of_a_legacy_token_is_own`). A claim that is older than `dead_after` MUST be replaced, and named by the
///   new one (`dead_claim_of_a_legacy_token_is_replaced`). A released claim MUST be gone, and only the session of the claim
///   MUST release it (`only_its_session_releases_a_claim`).
/// - Of concurrent calls exactly one MUST consume a token (`one_concurrent_consume_of_a_legacy_token_wins`).
/// - After `consume`, `successor` MUST return the session of the claim, and before it `None`
///   (`consumed_legacy_token_returns_its_successor`). `wait_until_consumed` MUST return as soon as the token is consumed
///   (`waiting_ends_when_the_legacy_token_is_consumed`), and `false` at the deadline
///   (`waiting_ends_at_the_deadline`).
/// - After [`SessionStore::end_all`](crate::ports::SessionStore::end_all) for its holder, a token MUST NOT be found, claimed or
///   consumed, also if it was found and claimed before (`ending_all_sessions_rejects_the_legacy_tokens`). Tokens of other
///   users MUST stay valid (`legacy_tokens_of_other_users_stay_valid`).
/// - Ending a token of another user MUST change nothing, also in the denylist
///   (`legacy_token_of_another_user_is_not_changed`). Ending a token of the user MUST delete it and revoke the access token
///   (`ending_a_legacy_token_revokes_the_access_token`). Ending a token that was ended or consumed MUST revoke the access
///   token, so that a repeat completes a call that failed in between
///   (`ending_a_consumed_legacy_token_revokes_the_access_token`).
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

    /// Claims a token for a session, which is opened afterwards.
    ///
    /// # Parameters
    /// - `session`: the new session of the holder.
    /// - `dead_after`: the age at which the claim of another call is replaced.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The call can be
    /// repeated.
    async fn claim(
        &self,
        token: &LegacyRefreshToken,
        session: SessionRef,
        dead_after: Duration,
        request_time: RequestTime,
    ) -> Result<LegacyClaim, PortError>;

    /// Removes the claim of a session, so that another call can claim the token at once.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The call can be
    /// repeated.
    async fn release(
        &self,
        token: &LegacyRefreshToken,
        session: SessionRef,
        request_time: RequestTime,
    ) -> Result<(), PortError>;

    /// Consumes a token, after its session was opened. Returns `false` if it was consumed before, or if the tokens of
    /// `holder` are rejected.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The token is
    /// perhaps consumed then.
    async fn consume(
        &self,
        token: &LegacyRefreshToken,
        holder: LegacyHolder,
        request_time: RequestTime,
    ) -> Result<bool, PortError>;

    /// The session for which a token was consumed.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached or does not answer before the deadline, `Corrupt` if what it has stored
    /// cannot be read.
    async fn successor(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Option<SessionRef>, PortError>;

    /// Waits until a live token is consumed; `false` if this does not happen before the deadline.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached or does not answer before the deadline.
    async fn wait_until_consumed(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<bool, PortError>;

    /// Deletes a token of `holder`, and then revokes an access token.
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
