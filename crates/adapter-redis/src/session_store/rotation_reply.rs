//! The reply of the script that rotates.

use auth_domain::model::{EndReason, LimitKey, RetryTag, Rotation, SealedSuccessor};
use auth_domain::ports::PortError;

use crate::error::unexpected_reply;
use crate::script_reply::ScriptReply;

pub(super) fn read(reply: &mut ScriptReply) -> Result<Rotation, PortError> {
    Ok(match reply.text()?.as_str() {
        "rotated" => Rotation::Rotated,
        "retried" => {
            let tag = reply.bytes()?.try_into();
            let tag = tag.map_err(|_| unexpected_reply("the tag of a retry has another length"))?;
            Rotation::Retried(SealedSuccessor { tag: RetryTag::from_bytes(tag), sealed: reply.bytes()? })
        }
        "already_used" => Rotation::AlreadyUsed { rotated_from: address(&reply.bytes()?)? },
        "reuse_detected" => Rotation::ReuseDetected,
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

/// Reads the keyed hash of an address. It is empty if the address was unknown, or if the release before stored it.
fn address(stored: &[u8]) -> Result<Option<LimitKey>, PortError> {
    match stored.try_into() {
        Ok(bytes) => Ok(Some(LimitKey::from_bytes(bytes))),
        Err(_) if stored.is_empty() => Ok(None),
        Err(_) => Err(unexpected_reply("the keyed hash of an address has another length")),
    }
}
