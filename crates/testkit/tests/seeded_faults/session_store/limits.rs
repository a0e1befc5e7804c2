//! Faults of the limits of refreshes, and of shared successors.

use std::time::Duration;

use auth_domain::model::session_rules::{Change, Decision};
use auth_domain::model::{
    ConcurrentRefresh, MAX_LIVE_ACCESS_TOKENS, RefreshLimit, RefreshMinute, Rotate, Rotation, SessionRecord,
    to_unix_microseconds,
};
use time::OffsetDateTime;

use super::Stored;
use super::fault::Fault;

pub(super) fn perturb_input(
    fault: Fault,
    record: &mut SessionRecord,
    request: &mut Rotate,
    used: &[[u8; 32]],
    now: OffsetDateTime,
) {
    let (now, presented) = (to_unix_microseconds(now), request.presented.value);
    let is_shared = request.concurrent_refresh == ConcurrentRefresh::Share;
    let has_ended = record.end_reason().is_some();
    match (fault, &mut record.minute) {
        (Fault::SharedAfterTheGracePeriod, _) if is_shared => request.reuse_leeway = Duration::from_hours(24),
        (Fault::SharedWithOlderTokens, _) if used.contains(&presented) => record.previous = Some(presented),
        (Fault::RepeatOfAnOlderTokenIsReuse, _) => request.is_repeat = false,
        (Fault::RepeatedReuseIsAnEnd, _) if has_ended => request.is_repeat = false,
        (Fault::SessionLimitNeverEnds, Some(minute)) => minute.started_at = now,
        (Fault::MinuteInTheFuture, Some(minute)) => minute.started_at = minute.started_at.min(now),
        (Fault::OlderRequestStartsAMinute, Some(minute)) if minute.started_at > now => minute.refreshes = 0,
        (Fault::RetriesUnlimited, _) => record.retries = 0,
        _ => {}
    }
}

/// Changes the decision; `unlimited` is the one without limits.
pub(super) fn perturb_decision(
    fault: Fault,
    decision: &mut Decision<Rotation>,
    unlimited: Decision<Rotation>,
    stored: &Stored,
    request: &Rotate,
) {
    let before = &stored.record;
    let limited = |retry_after| Rotation::RateLimited { limit: RefreshLimit::Session, retry_after };
    let is_full = before.minute.zip(request.limits.per_session);
    let is_full = is_full.is_some_and(|(minute, limit)| minute.refreshes >= limit.get());
    let is_repeat = before.current == request.successor.value;
    match (fault, &mut decision.outcome) {
        (Fault::SharedSuccessorForks, Rotation::Shared { .. }) => {
            let record = SessionRecord { current: request.successor.value, ..before.clone() };
            *decision = Decision { outcome: Rotation::Rotated, change: Some(change(record)) };
        }
        (Fault::ShareWithoutAddress, Rotation::Shared { rotated_from, .. }) => *rotated_from = None,
        (Fault::SharedForgetsItsAccessToken, Rotation::Shared { .. }) => decision.change = None,
        (Fault::SessionLimitConsumes, Rotation::RateLimited { .. }) => decision.change = unlimited.change,
        (Fault::SessionLimitRevokes, Rotation::RateLimited { .. }) => {
            let denylist = vec![request.access_token];
            decision.change = Some(Change { denylist, ..change(before.clone()) });
        }
        (Fault::RepeatCountsTwice, Rotation::Rotated) if is_repeat => {
            let minute = decision.change.as_mut().and_then(|change| change.record.minute.as_mut());
            minute.into_iter().for_each(count);
        }
        (Fault::RepeatIsLimited, Rotation::Rotated) if is_repeat && is_full => {
            *decision = Decision { outcome: limited(Duration::from_mins(1)), change: None };
        }
        (Fault::ReuseIsLimited, Rotation::ReuseDetected { .. }) if is_full => {
            *decision = Decision { outcome: limited(Duration::from_mins(1)), change: None };
        }
        (Fault::CapacityBeforeTheLimit, Rotation::RateLimited { .. })
            if before.live_tokens.len() >= MAX_LIVE_ACCESS_TOKENS =>
        {
            *decision = unlimited;
        }
        (Fault::RetriesStayLimited, Rotation::Rotated) if !is_repeat => {
            if let Some(change) = &mut decision.change {
                change.record.retries = before.retries;
            }
        }
        _ => {}
    }
}

fn change(record: SessionRecord) -> Change {
    Change { record, denylist: Vec::new(), user_minute: None }
}

const fn count(minute: &mut RefreshMinute) {
    minute.refreshes += 1;
}
