//! The one step that rotates.

use std::time::Duration;

use auth_domain::model::{
    EndReason, LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, Rotate, Rotation, SealedSuccessor,
};
use auth_testkit::DENYLIST_MARGIN;
use time::OffsetDateTime;

use super::{Fault, InMemorySessionStore, Record, Sessions};

/// How many used tokens a store remembers that keeps a list of them.
const LIST_OF_USED: usize = 50;

impl InMemorySessionStore {
    pub(super) fn rotate_in(
        &self,
        sessions: &mut Sessions,
        rotate: &Rotate,
        now: OffsetDateTime,
    ) -> Rotation {
        let named = rotate.presented.session;
        let found = sessions.values_mut().find(|record| match self.fault {
            Some(Fault::UserNotChecked) => record.session.session_id == named.session_id,
            _ => record.session == named,
        });
        let Some(record) = found else { return Rotation::Unknown };
        if let Some(reason) = record.ended {
            return if self.has(Fault::EndedIsUnknown) { Rotation::Unknown } else { Rotation::Ended(reason) };
        }
        let used = record.current != rotate.presented.value;
        let unchecked =
            self.has(Fault::TenantNotChecked) || (used && self.has(Fault::TenantNotCheckedOnReuse));
        if record.tenant_id != rotate.tenant_id && !unchecked {
            return Rotation::TenantMismatch;
        }
        if self.is_expired(record, now) {
            return Rotation::Expired;
        }
        if used { self.judge_used(record, rotate, now) } else { self.advance(record, rotate, now) }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the fault")]
    fn is_expired(&self, record: &Record, now: OffsetDateTime) -> bool {
        match self.fault {
            Some(Fault::IdleExpiryIgnored) => now >= record.ends_at,
            Some(Fault::AbsoluteExpiryIgnored) => now >= record.expires_at && now < record.ends_at,
            Some(Fault::ExpiryByOwnClock) => record.is_over(OffsetDateTime::now_utc()),
            _ => record.is_over(now),
        }
    }

    /// The presented token is current.
    fn advance(&self, record: &mut Record, rotate: &Rotate, now: OffsetDateTime) -> Rotation {
        if let Err(oldest) = self.remember(record, rotate, now) {
            return Rotation::AtCapacity { oldest };
        }
        record.used.push(record.current);
        record.previous = Some(record.current);
        record.current = rotate.successor.value;
        record.rotated_from = rotate.rotated_from;
        if rotate.retry.is_some() || !self.has(Fault::RetryOutlivesItsSuccessor) {
            record.retry.clone_from(&rotate.retry);
        }
        if !self.has(Fault::ExpiryNotExtended) {
            let cut = !self.has(Fault::ExpiryNotCut);
            record.expires_at = if cut { rotate.expires_at.min(record.ends_at) } else { rotate.expires_at };
        }
        match self.fault {
            Some(Fault::RotatedAtNotStored) => {}
            Some(Fault::CreatedAtNotStored) => (record.created_at, record.rotated_at) = (now, now),
            Some(Fault::WholeSecondsOnly) => record.rotated_at = now.replace_nanosecond(0).unwrap(),
            _ => record.rotated_at = now,
        }
        Rotation::Rotated
    }

    /// The presented token is not current: a repeat, a retry, a racing tab, or reuse.
    fn judge_used(&self, record: &mut Record, rotate: &Rotate, now: OffsetDateTime) -> Rotation {
        let presented = rotate.presented.value;
        let predecessor = record.previous == Some(presented);
        if self.is_repeat(record, rotate, predecessor) {
            let room = !self.has(Fault::RepeatTakesRoom) || record.live.len() < MAX_LIVE_ACCESS_TOKENS;
            record.live.extend(self.has(Fault::RepeatTakesRoom).then_some(rotate.access_token));
            return if room {
                Rotation::Rotated
            } else {
                Rotation::AtCapacity { oldest: rotate.access_token }
            };
        }
        let within = self.is_within_leeway(record, rotate, now);
        if let Some(retry) = self.retry_for(record, rotate, predecessor, within) {
            return match self.remember(record, rotate, now) {
                Ok(()) => Rotation::Retried(retry),
                Err(oldest) => Rotation::AtCapacity { oldest },
            };
        }
        if within && (predecessor || self.has(Fault::LeewayForOlderTokens)) {
            if self.has(Fault::LoserBecomesCurrent) {
                record.current = rotate.successor.value;
            }
            return Rotation::AlreadyUsed { rotated_from: record.rotated_from };
        }
        let forgotten = record.used.iter().rev().take(LIST_OF_USED).all(|used| *used != presented);
        match self.fault {
            Some(Fault::ReuseIsUnknown) => return Rotation::Unknown,
            Some(Fault::ReuseForgottenAfterManyRotations) if forgotten => return Rotation::Unknown,
            Some(Fault::ReuseEndsNothing) => {}
            _ => self.end_record(record, EndReason::ReuseDetected, self.has(Fault::ReuseDoesNotDenylist)),
        }
        Rotation::ReuseDetected
    }

    fn is_repeat(&self, record: &Record, rotate: &Rotate, predecessor: bool) -> bool {
        match self.fault {
            Some(Fault::RotationNotIdempotent) => false,
            Some(Fault::RepeatOutlivesItsSuccessor) => record.used.contains(&rotate.successor.value),
            _ => predecessor && record.current == rotate.successor.value,
        }
    }

    fn is_within_leeway(&self, record: &Record, rotate: &Rotate, now: OffsetDateTime) -> bool {
        let leeway = match self.fault {
            Some(Fault::LeewayIgnored) => Duration::ZERO,
            Some(Fault::LeewayNeverEnds) => Duration::from_hours(24),
            Some(Fault::LeewayNeverZero) => rotate.reuse_leeway.max(Duration::from_secs(1)),
            _ => rotate.reuse_leeway,
        };
        let has_begun = now > record.rotated_at - leeway || self.has(Fault::LeewayOfTheFuture);
        has_begun && now < record.rotated_at + leeway
    }

    fn retry_for(
        &self,
        record: &Record,
        rotate: &Rotate,
        predecessor: bool,
        within: bool,
    ) -> Option<SealedSuccessor> {
        let (kept, asked) = (record.retry.as_ref()?, rotate.retry.as_ref()?);
        let offered = match self.fault {
            Some(Fault::RetryLost) => false,
            Some(Fault::RetryOnlyWithinTheLeeway) => predecessor && within && kept.tag == asked.tag,
            Some(Fault::RetryWithAnyKey) => predecessor,
            Some(Fault::RetryOutlivesItsSuccessor) => kept.tag == asked.tag,
            _ => predecessor && kept.tag == asked.tag,
        };
        offered.then(|| kept.clone())
    }

    /// Takes the new access token in, or names the one that has to go first.
    fn remember(
        &self,
        record: &mut Record,
        rotate: &Rotate,
        now: OffsetDateTime,
    ) -> Result<(), LiveAccessToken> {
        let released = rotate.released.filter(|_| !self.has(Fault::ReleasedNotReleased));
        let dead_stay = self.has(Fault::DeadAccessTokensTakeRoom);
        let margin = if self.has(Fault::MarginForgotten) { Duration::ZERO } else { DENYLIST_MARGIN };
        let mut live = record.live.clone();
        live.retain(|token| Some(token.id) != released && (token.expires_at + margin > now || dead_stay));
        let by_expiry = |token: &&LiveAccessToken| token.expires_at;
        let named = if self.has(Fault::NewestAccessTokenNamed) {
            live.iter().max_by_key(by_expiry)
        } else {
            live.iter().min_by_key(by_expiry)
        };
        if let Some(oldest) = named
            && live.len() >= MAX_LIVE_ACCESS_TOKENS
            && !self.has(Fault::AccessTokenLimitIgnored)
        {
            return Err(*oldest);
        }
        let is_retry = record.current != rotate.presented.value;
        let forgets = self.has(Fault::AccessTokenNotStored)
            || (is_retry && self.has(Fault::RetryForgetsItsAccessToken));
        live.extend((!forgets).then_some(rotate.access_token));
        record.live = live;
        Ok(())
    }
}
