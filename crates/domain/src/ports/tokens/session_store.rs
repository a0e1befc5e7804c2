//! Sessions and their refresh tokens.

use async_trait::async_trait;

use crate::model::{
    EndReason, EndSession, Ending, NewSession, RequestTime, Rotate, Rotation, SessionSummary, UserId,
};
use crate::ports::PortError;

/// Keeps sessions: which refresh token is current, and which access tokens are alive.
///
/// A session is found by its user and id together. It knows the digest of its current refresh token
/// and of the immediate predecessor; every other token that names it is an older one. `rotate` and
/// `end` are single steps because a read and a write cannot be used safely beside each other.
///
/// # Contract
/// - Of any number of concurrent rotations of one token, exactly one MUST get
///   [`Rotation::Rotated`] (`one_racer_wins`), and it alone MUST leave its successor current
///   (`winner_of_the_race_goes_on`).
/// - The same rotation repeated MUST be [`Rotation::Rotated`] again until the successor is used
///   (`repeated_rotation_is_idempotent`).
/// - The immediate predecessor MUST get [`Rotation::AlreadyUsed`] while less than the leeway has
///   passed since the rotation, with the address that rotated it (`predecessor_within_the_leeway_ends_nothing`). The same holds
///   if a clock that was ahead stored the rotation in the future, by less than the leeway
///   (`rotation_by_a_clock_ahead_prolongs_no_leeway`). After it, and with no
///   leeway at once, it MUST end the session (`reused_token_ends_the_session`,
///   `no_leeway_means_reuse_at_once`); an older token MUST end it at once
///   (`older_token_ends_the_session_within_the_leeway`), however many rotations ago it was used
///   (`reuse_is_recognised_after_many_rotations`).
/// - The predecessor presented with the tag of its rotation MUST get the sealed successor back, and
///   the new access token MUST be remembered in the same step (`keyed_retry_gets_the_sealed_successor`,
///   `access_token_of_a_retry_dies_with_the_session`); another tag MUST be judged as if there were none
///   (`retry_with_another_key_is_no_retry`), and a used successor MUST end the offer
///   (`retry_after_the_successor_was_used_ends_the_session`).
/// - A token past `expires_at`, or a session past `ends_at`, MUST NOT rotate, whatever the backend's
///   own lifetimes; expiry is judged by `timing.now()` (`expired_token_is_gone`,
///   `session_has_an_absolute_end`, `rotation_extends_the_idle_limit`).
/// - A rotation for another tenant MUST change nothing (`other_tenant_changes_nothing`); a session
///   presented under another user MUST be [`Rotation::Unknown`] (`session_is_found_only_with_its_user`).
/// - With [`MAX_LIVE_ACCESS_TOKENS`](crate::model::MAX_LIVE_ACCESS_TOKENS) alive, `rotate` MUST change nothing
///   and name the oldest; with that one in `released` it MUST go on (`full_session_names_its_oldest_access_token`).
/// - When a call that ends a session returns, every access token of it that is still alive MUST be in
///   the denylist (`ended_session_denylists_its_access_tokens`, `reuse_denylists_the_access_tokens`),
///   also one past its end by less than the denylist's margin, since other verifiers allow for clock
///   skew (`ended_session_denylists_a_token_within_the_margin`),
///   with [`EndSession::also_revoke`] last (`end_also_revokes_the_presented_token`). Repeating it MUST
///   complete it (`end_repeated_completes`), and MUST keep the first reason (`first_reason_stays`).
/// - An unknown session MUST be [`Ending::Unknown`] and change nothing, the denylist included
///   (`ending_an_unknown_session_changes_nothing`).
/// - No rotation racing an end MUST leave a usable token behind (`end_racing_rotate_leaves_nothing_alive`).
/// - After an end, every token of the session MUST get [`Rotation::Ended`] while its record exists
///   (`ended_session_tells_its_reason`).
/// - A user MUST NOT have more than `max_sessions`: one more ends the one idle longest
///   (`one_session_too_many_ends_the_longest_idle`).
/// - `end_all` MUST end every session of the user and no other's (`end_all_ends_only_this_users_sessions`),
///   and `list` MUST name exactly the live ones (`list_names_the_live_sessions`).
/// - A call whose deadline has passed before it begins MUST change nothing, also not later, and be an
///   error of the kind [`Unavailable`](crate::ports::PortErrorKind::Unavailable)
///   (`call_past_its_deadline_changes_nothing`).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Opens a session.
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError>;

    /// Replaces the presented refresh token by its successor, in one atomic step.
    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError>;

    /// Ends one session and revokes its access tokens.
    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError>;

    /// Ends every session of a user and revokes their access tokens; returns how many were alive.
    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError>;

    /// Lists the live sessions of a user, the most recently used first.
    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError>;
}
