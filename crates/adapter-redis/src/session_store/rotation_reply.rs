//! The reply of the script that rotates.

use auth_domain::model::{
    EndReason, LimitKey, RefreshLimit, RetryTag, Rotation, SealedSuccessor, from_microseconds,
};
use auth_domain::ports::PortError;

use crate::error::unexpected_reply;
use crate::script_reply::ScriptReply;

pub(super) fn read(reply: &mut ScriptReply) -> Result<Rotation, PortError> {
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
        "reuse_detected" => Rotation::ReuseDetected { rotated_from: address(&reply.bytes()?)? },
        "ended" => {
            let reason = EndReason::from_name(&reply.text()?);
            Rotation::Ended(reason.ok_or_else(|| unexpected_reply("an unknown end reason"))?)
        }
        "expired" => Rotation::Expired,
        "tenant_mismatch" => Rotation::TenantMismatch,
        "at_capacity" => Rotation::AtCapacity { oldest: reply.access_token()? },
        "unknown" => Rotation::Unknown,
        _ => return Err(unexpected_reply("an unknown outcome of a rotation")),
    })
}

/// Reads a sealed successor. A tag with another length than that of a retry stands for none.
fn sealed_successor(reply: &mut ScriptReply) -> Result<SealedSuccessor, PortError> {
    let tag = reply.bytes()?.try_into().ok().map(RetryTag::from_bytes);
    Ok(SealedSuccessor { tag, sealed: reply.bytes()? })
}

/// Reads the keyed hash of an address. It is empty if the address was unknown, or if the release before stored it.
fn address(stored: &[u8]) -> Result<Option<LimitKey>, PortError> {
    match stored.try_into() {
        Ok(bytes) => Ok(Some(LimitKey::from_bytes(bytes))),
        Err(_) if stored.is_empty() => Ok(None),
        Err(_) => Err(unexpected_reply("the keyed hash of an address has another length")),
    }
}
