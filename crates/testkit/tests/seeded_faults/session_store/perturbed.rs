//! The rule of a rotation, with a fault in its input or output.

use std::time::Duration;

use auth_domain::model::session_rules::{self, Decision};
use auth_domain::model::{
    MAX_LIVE_ACCESS_TOKENS, RefreshLimits, RefreshMinute, Rotate, Rotation, SessionRecord, to_microseconds,
    to_unix_microseconds,
};
use auth_testkit::{DENYLIST_MARGIN, an_access_token};
use time::OffsetDateTime;

use super::Stored;
use super::fault::Fault;
use super::limits::{perturb_decision, perturb_input};

/// The number of used tokens in the store of the fault that keeps only a list of the latest.
const LIST_OF_USED: usize = 50;

pub(super) fn rotate(
    fault: Option<Fault>,
    stored: Option<&Stored>,
    user_minute: Option<RefreshMinute>,
    request: &Rotate,
    now: OffsetDateTime,
) -> Decision<Rotation> {
    let (Some(fault), Some(stored)) = (fault, stored) else {
        let record = stored.map(|stored| &stored.record);
        return session_rules::rotate(record, user_minute, request, now, DENYLIST_MARGIN);
    };
    let (mut record, mut request) = (stored.record.clone(), request.clone());
    perturb_record(fault, &mut record, &stored.used, &request, now);
    perturb_request(fault, &mut request, &record, now);
    perturb_input(fault, &mut record, &mut request, &stored.used, now);
    let margin = match fault {
        Fault::MarginForgotten => Duration::ZERO,
        Fault::ExpiredAccessTokensTakeRoom => Duration::from_hours(10_000),
        _ => DENYLIST_MARGIN,
    };
    let mut decision = session_rules::rotate(Some(&record), user_minute, &request, now, margin);
    perturb_outcome(fault, &mut decision, stored, &request);
    let no_limits = RefreshLimits { per_session: None, per_user: None };
    let unlimited = Rotate { limits: no_limits, ..request.clone() };
    let unlimited = session_rules::rotate(Some(&record), None, &unlimited, now, margin);
    perturb_decision(fault, &mut decision, unlimited, stored, &request);
    if decision.outcome == Rotation::Rotated && stored.record.current == request.presented.value {
        perturb_new_record(fault, &mut decision, &stored.record, &request, now);
    }
    decision
}

#[expect(clippy::disallowed_methods, reason = "this is the fault")]
fn perturb_record(
    fault: Fault,
    record: &mut SessionRecord,
    used: &[[u8; 32]],
    request: &Rotate,
    now: OffsetDateTime,
) {
    let now = to_unix_microseconds(now);
    let presented = request.presented.value;
    let is_used = used.contains(&presented);
    let same_key =
        record.retry.as_ref().map(|kept| kept.tag) == request.retry.as_ref().map(|asked| asked.tag);
    match fault {
        Fault::GracePeriodInTheFuture => record.rotated_at = record.rotated_at.min(now),
        Fault::GracePeriodForOlderTokens if is_used => record.previous = Some(presented),
        Fault::RetryLost => record.retry = None,
        Fault::RetryOnlyWithinTheGracePeriod
            if now - record.rotated_at >= to_microseconds(request.reuse_leeway) =>
        {
            record.retry = None;
        }
        Fault::RetryOutlivesItsSuccessor if is_used && same_key => record.previous = Some(presented),
        Fault::IdleExpiryIgnored => record.expires_at = record.ends_at,
        Fault::SessionsInTheFutureAreExpired if record.rotated_at > now => record.expires_at = now,
        Fault::AbsoluteExpiryIgnored if now >= record.ends_at => record.expires_at = i64::MAX,
        Fault::ExpiryByOwnClock => {
            let is_expired = to_unix_microseconds(OffsetDateTime::now_utc()) >= record.expires_at;
            record.expires_at = if is_expired { i64::MIN } else { i64::MAX };
        }
        Fault::AccessTokenLimitIgnored => record.live_tokens.truncate(MAX_LIVE_ACCESS_TOKENS - 1),
        _ => {}
    }
}

fn perturb_request(fault: Fault, request: &mut Rotate, record: &SessionRecord, now: OffsetDateTime) {
    let is_current = record.current == request.presented.value;
    let is_repeat = record.current == request.successor.value;
    match fault {
        Fault::RotationNotIdempotent if is_repeat => request.successor.value = [0; 32],
        Fault::RepeatTakesRoom if is_repeat => request.access_token = an_access_token(now),
        Fault::GracePeriodIgnored => request.reuse_leeway = Duration::ZERO,
        Fault::GracePeriodNeverEnds => request.reuse_leeway = Duration::from_hours(24),
        Fault::GracePeriodNeverZero => {
            request.reuse_leeway = request.reuse_leeway.max(Duration::from_secs(1));
        }
        Fault::RetryWithAnyKey if !is_current => {
            if let (Some(asked), Some(kept)) = (&mut request.retry, &record.retry) {
                asked.tag = kept.tag;
            }
        }
        Fault::TenantNotChecked => request.tenant_id = record.tenant_id,
        Fault::TenantNotCheckedOnReuse if !is_current => request.tenant_id = record.tenant_id,
        Fault::ReleasedTokenIsKept => request.released = None,
        Fault::TokensInTheFutureAreKept => {
            request.releases_oldest &= record.live_tokens.len() == MAX_LIVE_ACCESS_TOKENS;
        }
        _ => {}
    }
}

fn perturb_outcome(fault: Fault, decision: &mut Decision<Rotation>, stored: &Stored, request: &Rotate) {
    let record = &stored.record;
    match (fault, &mut decision.outcome) {
        (Fault::LoserBecomesCurrent, Rotation::AlreadyUsed { .. }) => {
            let current = request.successor.value;
            let record = SessionRecord { current, ..record.clone() };
            decision.change = Some(session_rules::Change { record, denylist: Vec::new(), user_minute: None });
        }
        (Fault::RepeatOutlivesItsSuccessor, _) if stored.used.contains(&request.successor.value) => {
            *decision = Decision { outcome: Rotation::Rotated, change: None };
        }
        (Fault::ReuseIsUnknown, Rotation::ReuseDetected { .. }) => {
            *decision = Decision { outcome: Rotation::Unknown, change: None };
        }
        (Fault::ReuseForgottenAfterManyRotations, Rotation::ReuseDetected { .. }) => {
            let mut remembered = stored.used.iter().rev().take(LIST_OF_USED);
            if !remembered.any(|used| *used == request.presented.value) {
                *decision = Decision { outcome: Rotation::Unknown, change: None };
            }
        }
        (Fault::ReuseEndsNothing, Rotation::ReuseDetected { .. })
        | (Fault::RetryForgetsItsAccessToken, Rotation::Retried(_)) => decision.change = None,
        (Fault::ReleasedTokenIsNotDenylisted, Rotation::Rotated) => {
            if let Some(change) = &mut decision.change {
                change.denylist.clear();
            }
        }
        (Fault::NewestAccessTokenReturned, Rotation::AtCapacity { oldest }) => {
            *oldest = *record.live_tokens.iter().max_by_key(|token| token.expires_at).unwrap();
        }
        (Fault::EndedIsUnknown, Rotation::Ended(_)) => decision.outcome = Rotation::Unknown,
        _ => {}
    }
}

/// Changes the new record after a successful rotation.
fn perturb_new_record(
    fault: Fault,
    decision: &mut Decision<Rotation>,
    before: &SessionRecord,
    request: &Rotate,
    now: OffsetDateTime,
) {
    let Some(record) = decision.change.as_mut().map(|change| &mut change.record) else { return };
    match fault {
        Fault::RetryOutlivesItsSuccessor | Fault::SharedAfterItsUse if request.retry.is_none() => {
            record.retry.clone_from(&before.retry);
        }
        Fault::ExpiryNotExtended => record.expires_at = before.expires_at,
        Fault::ExpiryNotLimited => record.expires_at = to_unix_microseconds(request.expires_at),
        Fault::AbsoluteLimitInTheFuture => {
            (record.created_at, record.ends_at) = (before.created_at, before.ends_at);
        }
        Fault::CreatedAtNotStored => record.created_at = to_unix_microseconds(now),
        Fault::RotatedAtNotStored => record.rotated_at = before.rotated_at,
        Fault::AccessTokenNotStored => {
            record.live_tokens.retain(|token| token.id != request.access_token.id);
        }
        Fault::WholeSecondsOnly => record.rotated_at -= record.rotated_at.rem_euclid(1_000_000),
        _ => {}
    }
}
