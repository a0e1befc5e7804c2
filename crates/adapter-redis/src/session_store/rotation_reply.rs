//! The reply of the script that rotates.

use auth_domain::model::{
    EndReason, LimitKey, LiveAccessToken, RefreshLimit, RetryTag, Rotation, SealedSuccessor,
    from_microseconds, session_rules, to_unix_microseconds,
};
use auth_domain::ports::PortError;
use time::OffsetDateTime;

use crate::error::unexpected_reply;
use crate::script_reply::ScriptReply;

/// Reads the outcome.
///
/// # Parameters
/// - `replaced_at`: returns when this process noticed that the primary of the session replaced another one, if it did. It is called
///   for reuse only.
pub(super) fn read(
    reply: &mut ScriptReply,
    replaced_at: impl FnOnce() -> Option<OffsetDateTime>,
) -> Result<Rotation, PortError> {
    Ok(match reply.text()?.as_str() {
        "rotated" => Rotation::Rotated,
        "retried" => Rotation::Retried(sealed_successor(reply)?),
        "shared" => {
            let rotated_from = address(&reply.bytes()?)?;
            Rotation::Shared { sealed: sealed_successor(reply)?, rotated_from }
        }
        "already_used" => Rotation::AlreadyUsed { rotated_from: address(&reply.bytes()?)? },
        "rate_limited" => {
            let limit = RefreshLimit::from_name(&reply.text()?);
            let limit = limit.ok_or_else(|| unexpected_reply("an unknown limit of refreshes"))?;
            Rotation::RateLimited { limit, retry_after: from_microseconds(reply.number()?) }
        }
        "reuse_detected" => {
            let (rotated_from, rotated_at) = (address(&reply.bytes()?)?, reply.number()?);
            let is_predecessor = reply.number()? == 1;
            let replaced_at = replaced_at().map(to_unix_microseconds);
            let rotation_may_be_lost =
                session_rules::rotation_may_be_lost(is_predecessor, rotated_at, replaced_at);
            Rotation::ReuseDetected { rotated_from, rotation_may_be_lost }
        }
        "ended" => {
            let reason = EndReason::from_name(&reply.text()?);
            Rotation::Ended(reason.ok_or_else(|| unexpected_reply("an unknown end reason"))?)
        }
        "expired" => Rotation::Expired,
        "tenant_mismatch" => Rotation::TenantMismatch,
        "at_capacity" => Rotation::AtCapacity { oldest: oldest(reply)? },
        "unknown" => Rotation::Unknown,
        _ => return Err(unexpected_reply("an unknown outcome of a rotation")),
    })
}

/// Reads a tag and a sealed successor. A tag of zeros stands for none.
fn sealed_successor(reply: &mut ScriptReply) -> Result<SealedSuccessor, PortError> {
    let stored = reply.bytes()?;
    let (tag, sealed) =
        stored.split_first_chunk().ok_or_else(|| unexpected_reply("a sealed successor is too short"))?;
    let tag = (*tag != [0; 16]).then(|| RetryTag::from_bytes(*tag));
    Ok(SealedSuccessor { tag, sealed: sealed.to_vec() })
}

fn oldest(reply: &mut ScriptReply) -> Result<LiveAccessToken, PortError> {
    let oldest = reply.access_tokens()?.into_iter().next();
    oldest.ok_or_else(|| unexpected_reply("a full session without an access token"))
}

/// Reads the keyed hash of an address. It is empty if the address was unknown, or if the release before stored it.
fn address(stored: &[u8]) -> Result<Option<LimitKey>, PortError> {
    match stored.try_into() {
        Ok(bytes) => Ok(Some(LimitKey::from_bytes(bytes))),
        Err(_) if stored.is_empty() => Ok(None),
        Err(_) => Err(unexpected_reply("the keyed hash of an address has another length")),
    }
}
