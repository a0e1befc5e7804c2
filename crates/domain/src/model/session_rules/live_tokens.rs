//! The access tokens that a session remembers.

use crate::model::{LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, SessionRecord, TokenId, to_unix_microseconds};

/// Whether some verifier may still accept the token: other verifiers allow for clock skew, up to `margin`.
pub(super) fn is_live(token: &LiveAccessToken, now: i64, margin: i64) -> bool {
    to_unix_microseconds(token.expires_at) > now.saturating_sub(margin)
}

/// Adds `token` to the record and drops dead tokens and `released`.
///
/// If the record is full, it does not change, and the token that expires first is the error.
pub(super) fn remember(
    record: &mut SessionRecord,
    token: LiveAccessToken,
    released: Option<TokenId>,
    now: i64,
    margin: i64,
) -> Result<(), LiveAccessToken> {
    let is_kept = |known: &&LiveAccessToken| is_live(known, now, margin) && Some(known.id) != released;
    let mut kept: Vec<_> = record.live_tokens.iter().filter(is_kept).copied().collect();
    if kept.iter().all(|known| known.id != token.id) {
        // Equal times are ordered by id, so that every store names the same token.
        let oldest = kept.iter().min_by_key(|known| (known.expires_at, known.id));
        if let Some(oldest) = oldest
            && kept.len() >= MAX_LIVE_ACCESS_TOKENS
        {
            return Err(*oldest);
        }
        kept.push(token);
    }
    record.live_tokens = kept;
    Ok(())
}
