//! Sessions and their refresh tokens.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::model::{
    EndReason, LimitKey, LiveAccessToken, RefreshTokenDigest, RequestTime, SealedSuccessor, SessionRef,
    SessionSummary, TenantId, TokenId, UserId,
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

/// A session to be opened.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The first refresh token, which also names the user and the session.
    pub refresh_token: RefreshTokenDigest,
    /// The user's tenant at login.
    pub tenant_id: TenantId,
    /// The first access token.
    pub access_token: LiveAccessToken,
    /// When the refresh token expires unless it is used (idle limit).
    pub expires_at: OffsetDateTime,
    /// When the session ends in any case (absolute limit).
    pub ends_at: OffsetDateTime,
    /// How many sessions the user may have, this one included.
    pub max_sessions: u32,
}

/// A rotation to be tried.
#[derive(Clone, Debug)]
pub struct Rotate {
    /// The refresh token that the client sent.
    pub presented: RefreshTokenDigest,
    /// The refresh token to become current; of the same session.
    pub successor: RefreshTokenDigest,
    /// The user's tenant now.
    pub tenant_id: TenantId,
    /// The access token signed for this call.
    pub access_token: LiveAccessToken,
    /// When the successor expires; the store cuts it to the session's absolute limit.
    pub expires_at: OffsetDateTime,
    /// The sealed successor, where the client asked for a safe retry.
    pub retry: Option<SealedSuccessor>,
    /// For this long after its use the predecessor ends nothing.
    pub reuse_leeway: Duration,
    /// The keyed hash of the client's address, if it is known.
    pub rotated_from: Option<LimitKey>,
    /// An access token of this session that was denylisted to make room.
    pub released: Option<TokenId>,
}

/// What became of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The successor is current now.
    Rotated,
    /// A repeat of the call that made this successor; the new access token is remembered.
    Retried(SealedSuccessor),
    /// The immediate predecessor came within the leeway, or a used token in a repeat of a call that got no answer; nothing changed.
    AlreadyUsed {
        /// [`Rotate::rotated_from`] of the rotation that used the token.
        rotated_from: Option<LimitKey>,
    },
    /// A used token came back: the session has ended with this call.
    ReuseDetected,
    /// The session had ended before.
    Ended(EndReason),
    /// The token, or its session, is past its lifetime.
    Expired,
    /// The session belongs to another tenant than the user does now; nothing changed.
    TenantMismatch,
    /// The session has as many live access tokens as it can remember; nothing changed.
    AtCapacity {
        /// The one that expires first.
        oldest: LiveAccessToken,
    },
    /// There is no such session, or no record of it any more.
    Unknown,
}

/// A session to be ended.
#[derive(Clone, Debug)]
pub struct EndSession {
    /// Which session.
    pub session: SessionRef,
    /// Why.
    pub reason: EndReason,
    /// An access token, perhaps of another session, to be revoked with it, last of all.
    ///
    /// Last, because a caller who got no answer still holds it and needs it for the repeat.
    pub also_revoke: Option<LiveAccessToken>,
}

/// What became of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The session is over, by this call or an earlier one, and its access tokens are revoked.
    Ended,
    /// There is no such session of this user; nothing changed.
    Unknown,
}
