//! Rotation: the one step that consumes a refresh token.

use std::time::Duration;

use auth_domain::model::{
    EndReason, LimitKey, MAX_LIVE_ACCESS_TOKENS, RequestTime, RetryTag, Rotate, Rotation, SealedSuccessor,
    to_microseconds, to_unix_microseconds,
};
use auth_domain::ports::PortError;

use super::RedisSessionStore;
use super::revocation::Pending;
use crate::error::{StepError, contradiction};
use crate::keys;
use crate::reply::Reply;
use crate::scripts::ROTATE;
use crate::step::Step;

/// The longest value that keeps a hash in its compact encoding, as Redis is set up by default: one longer value, and
/// the record takes three times its size for the rest of its life.
const COMPACT: usize = 64;
/// How long to wait before a rotation without an answer is repeated.
const PAUSE: Duration = Duration::from_millis(25);

impl RedisSessionStore {
    /// Rotates. A rotation without an answer is repeated until the deadline of the request. The repeat presents the
    /// same successor, so it returns the outcome of the first call. After the deadline the outcome stays unknown.
    pub(super) async fn rotate_token(
        &self,
        rotate: &Rotate,
        request_time: RequestTime,
    ) -> Result<Rotation, PortError> {
        let step = self.rotation(rotate, request_time);
        let mut is_unanswered = false;
        let clock = self.store.clock();
        let mut reply = loop {
            let error = match self.store.run(&step, request_time).await {
                Ok(reply) => break reply,
                Err(error) => error,
            };
            is_unanswered |= matches!(error, StepError::Unknown(_));
            if !is_unanswered || clock.instant() >= request_time.deadline() {
                return Err(error.into());
            }
            clock.sleep_until(request_time.deadline().min(clock.instant() + PAUSE)).await;
        };
        let rotation = read(&mut reply)?;
        self.complete(rotate.presented.session.user_id, &Pending::read(&mut reply)?, None, request_time)
            .await?;
        Ok(rotation)
    }

    fn rotation(&self, rotate: &Rotate, request_time: RequestTime) -> Step {
        let named = rotate.presented.session;
        let rotation_keys = [
            keys::session(named),
            keys::refresh(&rotate.presented),
            keys::refresh(&rotate.successor),
            keys::sessions(named.user_id),
        ];
        let (tag, [sealed, rest]) = retry(rotate.retry.as_ref());
        Step::new(&ROTATE, &rotation_keys.each_ref().map(String::as_str))
            .arg(to_unix_microseconds(request_time.now()))
            .arg(named.session_id.to_string())
            .arg(rotate.tenant_id.to_string())
            .arg(keys::hex(&rotate.presented.value))
            .arg(keys::hex(&rotate.successor.value))
            .arg(to_unix_microseconds(rotate.expires_at))
            .arg(to_microseconds(rotate.reuse_leeway))
            .arg(rotate.access_token.id.as_bytes().as_slice())
            .arg(to_unix_microseconds(rotate.access_token.expires_at))
            .arg(rotate.released.as_ref().map_or(&[][..], |released| released.as_bytes()))
            .arg(tag)
            .arg(sealed)
            .arg(rest)
            .arg(MAX_LIVE_ACCESS_TOKENS)
            .arg(self.margin())
            .arg(self.tombstone())
            .arg(rotate.rotated_from.as_ref().map_or(&[][..], |address| address.as_bytes()))
    }
}

/// The tag of a replay and its sealed successor in two parts; nothing where there is none.
fn retry(retry: Option<&SealedSuccessor>) -> (&[u8], [&[u8]; 2]) {
    let Some(retry) = retry else { return (&[], [&[], &[]]) };
    let (sealed, rest) = retry.sealed.split_at(COMPACT.min(retry.sealed.len()));
    (retry.tag.as_bytes(), [sealed, rest])
}

/// The keyed hash of an address; empty if the address was not known, or if an earlier version wrote the record.
fn address(stored: &[u8]) -> Result<Option<LimitKey>, PortError> {
    match stored.try_into() {
        Ok(bytes) => Ok(Some(LimitKey::from_bytes(bytes))),
        Err(_) if stored.is_empty() => Ok(None),
        Err(_) => Err(contradiction("the keyed hash of an address has another length")),
    }
}

fn read(reply: &mut Reply) -> Result<Rotation, PortError> {
    Ok(match reply.text()?.as_str() {
        "rotated" => Rotation::Rotated,
        "replayed" => {
            let tag = reply.bytes()?.try_into().map_err(|_| contradiction("a replay has another tag"))?;
            Rotation::Retried(SealedSuccessor { tag: RetryTag::from_bytes(tag), sealed: reply.bytes()? })
        }
        "already_used" => Rotation::AlreadyUsed { rotated_from: address(&reply.bytes()?)? },
        "reuse_detected" => Rotation::ReuseDetected,
        "ended" => {
            let reason = EndReason::from_name(&reply.text()?);
            Rotation::Ended(reason.ok_or_else(|| contradiction("the end reason of a session is unknown"))?)
        }
        "expired" => Rotation::Expired,
        "tenant_mismatch" => Rotation::TenantMismatch,
        "at_capacity" => Rotation::AtCapacity { oldest: reply.access_token()? },
        "unknown" => Rotation::Unknown,
        _ => return Err(contradiction("a rotation ends otherwise")),
    })
}
