//! What holds after every sequence of calls.

use std::time::Duration;

use proptest::prelude::*;
use time::OffsetDateTime;

use super::fixtures::*;
use crate::model::session_rules::{Change, end, rotate};
use crate::model::{
    EndReason, EndSession, LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, MAX_RETRIES, RefreshMinute, Rotation,
    SessionRecord, to_unix_microseconds,
};

/// Low, so that sequences reach them.
const LIMITS: [u32; 2] = [8, 10];

/// One call: the token that is presented counts back from the current one.
#[derive(Clone, Debug)]
struct Call {
    after: Duration,
    back: u8,
    key: Option<u8>,
    is_shared: bool,
    is_end: bool,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let after = prop_oneof![
        6 => (0..2_000_u64).prop_map(Duration::from_millis),
        2 => (0..40_u64).prop_map(Duration::from_mins),
        1 => (0..30_u64).prop_map(Duration::from_hours),
    ];
    let back = prop_oneof![10 => Just(0_u8), 3 => Just(1), 1 => 2..5_u8];
    let call = (after, back, proptest::option::of(0..2_u8), any::<bool>(), prop::bool::weighted(0.02));
    let call =
        call.prop_map(|(after, back, key, is_shared, is_end)| Call { after, back, key, is_shared, is_end });
    proptest::collection::vec(call, 1..60)
}

/// A store with one session, which applies every change at once.
struct Store {
    record: SessionRecord,
    user_minute: Option<RefreshMinute>,
    denylist: Vec<LiveAccessToken>,
    issued: Vec<LiveAccessToken>,
    current: u8,
    now: OffsetDateTime,
}

impl Store {
    fn new() -> Self {
        let first = access_token(0, START);
        Self {
            record: opened(),
            user_minute: None,
            denylist: Vec::new(),
            issued: vec![first],
            current: 0,
            now: START,
        }
    }

    fn call(&mut self, number: u8, call: &Call) {
        self.now += call.after;
        if call.is_end {
            let request =
                EndSession { session: token(0).session(), reason: EndReason::LoggedOut, also_revoke: None };
            self.apply(end(Some(&self.record), &request, self.now, MARGIN).change);
            return;
        }
        let before = self.record.clone();
        let from = self.current.saturating_sub(call.back);
        let mut request = rotation(from, number, self.now);
        if let Some(key) = call.key {
            request = keyed(request, key);
        }
        if call.is_shared {
            request = shared(request);
        }
        let request = limited(request, LIMITS);
        let decision = rotate(Some(&before), self.user_minute, &request, self.now, MARGIN);
        let changed = decision.change.is_some();
        self.apply(decision.change);
        match decision.outcome {
            Rotation::Rotated => {
                assert_eq!(before.current, request.presented.value, "only the current token rotates");
                assert_eq!(self.record.current, request.successor.value);
                self.current = number;
                self.issued.push(request.access_token);
            }
            Rotation::Retried(_) | Rotation::Shared { .. } => {
                assert_eq!(self.record.current, before.current);
                assert!(self.record.retries <= MAX_RETRIES);
                self.issued.push(request.access_token);
            }
            Rotation::ReuseDetected { .. } => {
                assert_ne!(before.current, request.presented.value);
                assert_eq!(self.record.end_reason(), Some(EndReason::ReuseDetected));
            }
            Rotation::Ended(reason) => assert_eq!(before.end_reason(), Some(reason)),
            Rotation::AlreadyUsed { .. }
            | Rotation::RateLimited { .. }
            | Rotation::Expired
            | Rotation::TenantMismatch
            | Rotation::AtCapacity { .. }
            | Rotation::Unknown => assert!(!changed, "a rejection changes nothing"),
        }
    }

    fn apply(&mut self, change: Option<Change>) {
        let Some(change) = change else { return };
        self.user_minute = change.user_minute.or(self.user_minute);
        self.denylist.extend(change.denylist);
        self.record = change.record.denylisted();
    }

    fn check(&self) {
        let record = &self.record;
        assert!(record.live_tokens.len() <= MAX_LIVE_ACCESS_TOKENS);
        assert!(record.expires_at <= record.ends_at);
        let accepted = |token: &&LiveAccessToken| token.expires_at + MARGIN > self.now;
        for token in self.issued.iter().filter(accepted) {
            let kept = record.live_tokens.contains(token) || self.denylist.contains(token);
            assert!(kept, "a token that is accepted can be revoked");
            assert!(
                record.end_reason().is_none() || self.denylist.contains(token),
                "it is revoked at the end"
            );
        }
        let rotates = |number: &u8| {
            let request = limited(rotation(*number, 255, self.now), [0, 0]);
            let room = SessionRecord { live_tokens: Vec::new(), ..record.clone() };
            rotate(Some(&room), None, &request, self.now, MARGIN).outcome == Rotation::Rotated
        };
        let usable: Vec<_> = (0..=self.current).filter(rotates).collect();
        let is_usable = record.end_reason().is_none() && to_unix_microseconds(self.now) < record.expires_at;
        assert_eq!(usable, if is_usable { vec![self.current] } else { vec![] }, "one current token at most");
    }
}

proptest! {
    #[test]
    fn one_token_is_current_and_reuse_ends_the_session(calls in calls()) {
        let mut store = Store::new();
        for (number, call) in (1_u8..).zip(&calls) {
            store.call(number, call);
            store.check();
        }
    }

    #[test]
    fn of_two_rotations_of_one_token_one_at_most_wins(delay in 0..20_u64, keys in any::<[Option<bool>; 2]>()) {
        let now = START + Duration::from_secs(delay);
        let request = |to, key: Option<bool>| match key {
            Some(key) => keyed(rotation(0, to, now), u8::from(key)),
            None => rotation(0, to, now),
        };
        let record = rotated(&opened(), &request(1, keys[0]), START);
        let second = apply(&record, &request(2, keys[1]), now).outcome;
        prop_assert_ne!(second, Rotation::Rotated);
    }
}
