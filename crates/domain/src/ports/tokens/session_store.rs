//! Sessions and their refresh tokens.

use async_trait::async_trait;

use crate::model::{
    EndReason, EndSession, Ending, NewSession, RequestTime, Rotate, Rotation, SessionSummary, UserId,
};
use crate::ports::PortError;

/// Stores sessions: the current refresh token of each, and the access tokens that are alive.
///
/// A session is found by its user and its id together. The record has the digests of the current refresh token and of its
/// immediate predecessor; every other token of the session is an older one. The rules are in
/// [`session_rules`](crate::model::session_rules).
///
/// # Contract
/// - A repeated `open` MUST succeed and change nothing, neither its session nor another one of the user
///   (`repeated_open_changes_nothing`). If the session has ended meanwhile, it MUST stay ended
///   (`repeated_open_does_not_revive_an_ended_session`).
/// - Of concurrent rotations of one token exactly one MUST get [`Rotation::Rotated`] (`one_concurrent_rotation_wins`), and only its
///   successor MUST be current (`only_the_successor_of_the_winner_is_current`).
/// - The same rotation repeated MUST get [`Rotation::Rotated`] again until the successor is used
///   (`repeated_rotation_is_idempotent`).
/// - The immediate predecessor MUST get [`Rotation::AlreadyUsed`] within the grace period, with the address of the rotation
///   (`predecessor_in_the_grace_period_ends_nothing`). A rotation that a clock ahead stored in the future MUST NOT prolong
///   the grace period (`clock_ahead_does_not_prolong_the_grace_period`). After it, the predecessor MUST end the session
///   (`reused_token_ends_the_session`, `without_a_grace_period_reuse_is_immediate`). An older token MUST end it at once
///   (`older_token_ends_the_session_in_the_grace_period`), after any number of rotations
///   (`reuse_is_recognised_after_many_rotations`).
/// - The predecessor with the tag of its rotation MUST get the sealed successor, and the new access token MUST be stored in
///   the same atomic operation (`retry_returns_the_sealed_successor`,
///   `access_token_of_a_retry_is_revoked_with_its_session`). Another tag MUST be treated as no tag
///   (`another_idempotency_key_is_not_a_retry`). A retry after the successor was used is reuse
///   (`retry_after_the_successor_was_used_ends_the_session`).
/// - If the successor is shared, the predecessor MUST get it within the grace period, with any tag or none, and the new
///   access token MUST be stored in the same atomic operation (`shared_successor_is_the_one_of_the_rotation`,
///   `access_token_of_a_shared_refresh_is_revoked_with_its_session`). After the grace period, and for an older token, it is
///   reuse (`successor_is_not_shared_after_the_grace_period`, `older_token_is_not_shared`). A successor that was used MUST NOT
///   be handed out (`used_successor_is_not_shared`).
/// - A call with [`Rotate::is_repeat`] that presents an older token MUST change nothing, and get [`Rotation::AlreadyUsed`]
///   (`repeat_of_an_older_token_ends_nothing`). One that finds its session ended by reuse MUST get
///   [`Rotation::ReuseDetected`], as the call without an answer (`repeated_reuse_is_detected_again`).
/// - A call that would succeed beyond a limit MUST change nothing, and get [`Rotation::RateLimited`] with the time until the
///   minute has passed (`session_limit_consumes_nothing`, `retries_of_one_rotation_are_limited`). The limit of a user is for
///   all sessions together (`user_limit_counts_all_sessions`), in the same atomic operation
///   (`concurrent_sessions_share_the_limit_of_their_user`). It comes before [`Rotation::AtCapacity`]
///   (`limit_comes_before_the_room_for_an_access_token`). A repeat counts once and is not limited
///   (`repeated_refresh_counts_once_and_is_not_limited`), nor is reuse (`reuse_is_not_limited`). A
///   request that started a little before the minute counts in it (`request_older_than_the_minute_counts_in_it`). A minute that a clock ahead
///   stored MUST NOT reject (`clock_ahead_does_not_prolong_a_rejection`).
/// - A token past `expires_at`, and a session past `ends_at`, MUST NOT rotate. Expiry is judged by `request_time.now()`, not
///   by the clock of the backend (`expired_token_does_not_rotate`, `rotation_does_not_extend_the_absolute_limit`,
///   `rotation_extends_the_idle_limit`).
/// - A session that was stored by a clock ahead MUST have its limits from the first rotation by the right time on
///   (`session_of_a_clock_ahead_has_its_limits`), and its access tokens of that time MUST be revoked
///   (`access_token_of_a_clock_ahead_is_revoked`). A clock that is behind MUST NOT end a session
///   (`clock_behind_ends_no_session`).
/// - A rotation for another tenant MUST change nothing (`other_tenant_changes_nothing`). A session presented under another
///   user MUST be [`Rotation::Unknown`] (`session_is_found_only_with_its_user`).
/// - If [`MAX_LIVE_ACCESS_TOKENS`](crate::model::MAX_LIVE_ACCESS_TOKENS) are alive, `rotate` MUST change nothing and return
///   the oldest. With this one in `released` it MUST rotate (`full_session_returns_its_oldest_access_token`). If
///   [`Rotate::releases_oldest`] is set, it MAY denylist the oldest and rotate without it, in the same atomic operation
///   (`full_session_may_release_its_oldest_access_token`).
/// - When a call that ends a session returns, every access token of the session that is alive MUST be in the denylist
///   (`ended_session_denylists_its_access_tokens`, `reuse_denylists_the_access_tokens`), also one that expired less than the
///   margin of the denylist ago (`ended_session_denylists_a_token_within_the_margin`), and
///   [`EndSession::also_revoke`] last (`end_also_revokes_the_presented_token`). A repeated call MUST complete this
///   (`repeated_end_succeeds`) and MUST keep the first reason (`first_end_reason_is_kept`).
/// - Ending an unknown session MUST return [`Ending::Unknown`] and change nothing, also in the denylist
///   (`ending_an_unknown_session_changes_nothing`).
/// - A rotation that races an end MUST NOT leave a usable token (`end_racing_a_rotation_leaves_no_usable_token`).
/// - After an end, every token of the session MUST get [`Rotation::Ended`] while the record exists
///   (`ended_session_returns_its_reason`).
/// - A user MUST NOT have more than `max_sessions`: one more ends the one that is idle longest
///   (`session_over_the_limit_ends_the_longest_idle_one`).
/// - `end_all` MUST end every session of the user and of no other user (`end_all_ends_only_this_users_sessions`), and `list`
///   MUST return exactly the live ones (`list_returns_the_live_sessions`).
/// - A call whose deadline has passed before it starts MUST change nothing, also not later, and fail as
///   [`Unavailable`](crate::ports::PortErrorKind::Unavailable) (`call_past_its_deadline_changes_nothing`).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Opens a session.
    ///
    /// # Parameters
    /// - `session`: the first tokens, the lifetimes and the limit on sessions.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The session is
    /// perhaps open then, but its tokens are not known to any client; end it.
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError>;

    /// Replaces the presented refresh token by its successor in one atomic operation.
    ///
    /// # Parameters
    /// - `rotate`: both tokens, the new access token, and the grace period.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The token is
    /// perhaps rotated then; the same call can be repeated.
    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError>;

    /// Ends one session and revokes its access tokens.
    ///
    /// # Parameters
    /// - `end`: the session, the reason, and an access token to revoke with it.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The call can be
    /// repeated.
    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError>;

    /// Ends every session of a user and revokes their access tokens. Returns the number of sessions that were live. If a store
    /// repeats the call because an answer was lost, the sessions that the first attempt ended are not counted.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached, `Unanswered` if it does not answer before the deadline. The call can be
    /// repeated.
    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError>;

    /// The live sessions of a user, the most recently used first.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be reached or does not answer before the deadline.
    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError>;
}
