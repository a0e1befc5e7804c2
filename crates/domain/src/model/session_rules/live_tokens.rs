//! The access tokens that a session remembers.

use crate::model::clock_tolerance::is_ahead;
use crate::model::{LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, Rotate, SessionRecord, to_unix_microseconds};

/// Whether some verifier may still accept the token: other verifiers allow for clock skew, up to `margin`.
pub(super) fn is_live(token: &LiveAccessToken, now: i64, margin: i64) -> bool {
    to_unix_microseconds(token.expires_at) > now.saturating_sub(margin)
}

/// Adds the access token of a rotation to the record, and drops dead tokens and the released one.
///
/// A token that expires long after the one of the rotation was issued while a clock was ahead, and would be valid when that time
/// has come. It is dropped and returned for the denylist. If the record is full, so is the token that expires first. Both only
/// if the rotation may release tokens: otherwise the first kind stays, and the second is the error, without a change.
pub(super) fn remember(
    record: &mut SessionRecord,
    rotate: &Rotate,
    now: i64,
    margin: i64,
) -> Result<Vec<LiveAccessToken>, LiveAccessToken> {
    let is_kept = |known: &&LiveAccessToken| is_live(known, now, margin) && Some(known.id) != rotate.released;
    let token = rotate.access_token;
    let last_expiry = to_unix_microseconds(token.expires_at);
    let is_revoked = |known: &LiveAccessToken| {
        rotate.releases_oldest && is_ahead(to_unix_microseconds(known.expires_at), last_expiry)
    };
    let (mut denylist, mut kept): (Vec<LiveAccessToken>, Vec<LiveAccessToken>) =
        record.live_tokens.iter().filter(is_kept).copied().partition(is_revoked);
    if kept.iter().all(|known| known.id != token.id) {
        // Equal times are ordered by id, so that every store names the same token.
        let oldest = kept.iter().min_by_key(|known| (known.expires_at, known.id)).copied();
        if let Some(oldest) = oldest
            && kept.len() >= MAX_LIVE_ACCESS_TOKENS
        {
            if !rotate.releases_oldest {
                return Err(oldest);
            }
            kept.retain(|known| known.id != oldest.id);
            denylist.push(oldest);
        }
        kept.push(token);
    }
    record.live_tokens = kept;
    Ok(denylist)
}
