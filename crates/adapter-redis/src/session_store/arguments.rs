//! The arguments of the scripts that open and rotate.

use std::num::NonZeroU32;

use auth_domain::model::{
    ConcurrentRefresh, LimitKey, MAX_LIVE_ACCESS_TOKENS, MAX_RETRIES, NewSession, RetryTag, Rotate,
    SealedSuccessor, TokenId, to_microseconds, to_unix_microseconds,
};

use crate::keys;
use crate::packed::Packed;
use crate::record_format::RecordFormat;

/// Returns the fixed part of the script `open`, and after it the tag and the sealed successor.
///
/// # Parameters
/// - `times`: the time of the call, the margin, and the lifetime of a tombstone.
pub(super) fn open(session: &NewSession, times: [i64; 3], mode: impl FnOnce(Packed) -> Packed) -> Packed {
    let [now, margin, tombstone] = times;
    let (access_token, predecessor) = (session.access_token, session.predecessor.as_ref());
    let retry = predecessor.and_then(|predecessor| predecessor.retry.as_ref());
    let from = predecessor.and_then(|predecessor| predecessor.presented_from);
    let [expires_at, ends_at, access_expires_at] =
        [session.expires_at, session.ends_at, access_token.expires_at].map(to_unix_microseconds);
    let packed = Packed::default()
        .numbers([now, expires_at, ends_at, margin, tombstone, access_expires_at])
        .small(session.max_sessions);
    let packed = mode(packed)
        .flag(retry.is_some())
        .flag(from.is_some())
        .bytes(access_token.id.as_bytes())
        .optional(from.as_ref().map(LimitKey::as_bytes))
        .bytes(session.tenant_id.as_bytes())
        .optional(predecessor.map(|predecessor| &predecessor.digest))
        .bytes(&session.refresh_token.value);
    sealed(packed, retry)
}

/// Returns the keys of the script `rotate`. The last minute of the user is one only if their refreshes are limited.
pub(super) fn rotate_keys(rotate: &Rotate) -> Vec<String> {
    let session = rotate.presented.session;
    let keys = [keys::session(session), keys::refresh(&rotate.presented), keys::refresh(&rotate.successor)];
    let minute = rotate.limits.per_user.map(|_| keys::refreshes(session.user_id));
    keys.into_iter().chain(minute).collect()
}

/// Returns the arguments of the script `rotate`: the fixed part with the tag and the sealed successor, the tenant as the format has it,
/// and the lifetime of the successor in milliseconds, as text because a script takes long to write a number.
pub(super) fn rotate(
    rotate: &Rotate,
    times: [i64; 3],
    format: RecordFormat,
    mode: impl FnOnce(Packed) -> Packed,
) -> [Packed; 3] {
    let [now, margin, tombstone] = times;
    let (access_token, limits, retry) = (rotate.access_token, rotate.limits, rotate.retry.as_ref());
    let [expires_at, access_expires_at] =
        [rotate.expires_at, access_token.expires_at].map(to_unix_microseconds);
    let reuse_leeway = to_microseconds(rotate.reuse_leeway);
    let limit = |limit: Option<NonZeroU32>| limit.map_or(0, NonZeroU32::get);
    let packed = Packed::default()
        .numbers([now, expires_at, access_expires_at, reuse_leeway, margin, tombstone])
        .small(limit(limits.per_session))
        .small(limit(limits.per_user))
        .small(u32::try_from(MAX_LIVE_ACCESS_TOKENS).unwrap_or(u32::MAX))
        .small(MAX_RETRIES);
    let fixed = mode(packed)
        .flag(rotate.concurrent_refresh == ConcurrentRefresh::Share)
        .flag(rotate.releases_oldest)
        .flag(retry.is_some())
        .flag(rotate.rotated_from.is_some())
        .bytes(access_token.id.as_bytes())
        .optional(rotate.released.as_ref().map(TokenId::as_bytes))
        .optional(rotate.rotated_from.as_ref().map(LimitKey::as_bytes))
        .bytes(&rotate.presented.value)
        .bytes(&rotate.successor.value);
    let tenant = match format {
        RecordFormat::Hash => Packed::default().bytes(rotate.tenant_id.to_string().as_bytes()),
        RecordFormat::Packed => Packed::default().bytes(rotate.tenant_id.as_bytes()),
    };
    let lifetime = expires_at.saturating_sub(now).saturating_add(999) / 1_000;
    [sealed(fixed, retry), tenant, Packed::default().bytes(lifetime.max(1).to_string().as_bytes())]
}

/// Adds the tag and the sealed successor as a record has them, if there is one.
fn sealed(packed: Packed, retry: Option<&SealedSuccessor>) -> Packed {
    let Some(SealedSuccessor { tag, sealed }) = retry else { return packed };
    packed.optional(tag.as_ref().map(RetryTag::as_bytes)).bytes(sealed)
}
