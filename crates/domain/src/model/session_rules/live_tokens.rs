//! The access tokens that a session remembers.

use crate::model::{LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, Rotate, SessionRecord, to_unix_microseconds};

/// Whether some verifier may still accept the token: other verifiers allow for clock skew, up to `margin`.
pub(super) fn is_live(token: &LiveAccessToken, now: i64, margin: i64) -> bool {
    to_unix_microseconds(token.expires_at) > now.saturating_sub(margin)
}

/// Adds the access token of a rotation to the record, and drops dead tokens and the released one.
///
/// If the record is full, the token that expires first is dropped as well and returned for the denylist. If the rotation does
/// not release it, the record does not change, and that token is the error.
pub(super) fn remember(
    record: &mut SessionRecord,
    rotate: &Rotate,
    now: i64,
    margin: i64,
) -> Result<Vec<LiveAccessToken>, LiveAccessToken> {
    let is_kept = |known: &&LiveAccessToken| is_live(known, now, margin) && Some(known.id) != rotate.released;
    let mut kept: Vec<_> = record.live_tokens.iter().filter(is_kept).copied().collect();
    let (token, mut denylist) = (rotate.access_token, Vec::new());
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
