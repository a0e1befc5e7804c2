//! What holds after every sequence of attempts.

use proptest::prelude::*;

use super::*;
use crate::model::attempt_window::clear;
use crate::model::{LoginLimit, Reservation, Settlement};

#[derive(Clone, Debug)]
enum Call {
    Reserve,
    Settle(prop::sample::Index, Settlement),
    Clear,
}

fn calls() -> impl Strategy<Value = Vec<(u64, Call)>> {
    let outcome = prop_oneof![6 => Just(Settlement::Failed), 1 => Just(Settlement::Succeeded), 1 => Just(Settlement::Abandoned)];
    let call = prop_oneof![
        5 => Just(Call::Reserve),
        4 => (any::<prop::sample::Index>(), outcome).prop_map(|(index, outcome)| Call::Settle(index, outcome)),
        1 => Just(Call::Clear),
    ];
    proptest::collection::vec((0..60_u64, call), 1..80)
}

proptest! {
    #[test]
    fn attempts_never_exceed_the_limit_and_a_rejection_ends_as_announced(calls in calls()) {
        let (mut records, mut tickets, mut now) = (LimitRecords::default(), Vec::new(), START);
        for (number, (seconds, call)) in (1_u8..).zip(calls) {
            now += Duration::from_secs(seconds);
            match call {
                Call::Reserve => {
                    let (reservation, stored) = LIMITS.reserve(&login(number), records, now);
                    records = stored;
                    match reservation {
                        Reservation::Reserved(ticket) => tickets.push(ticket),
                        Reservation::Busy(key) => prop_assert_eq!(records.window(key).len(), 3),
                        Reservation::Rejected { retry_after, limit, .. } => {
                            let longest = if limit == LoginLimit::Daily { LoginLimits::DAILY_PAUSE } else { LIMITS.window };
                            prop_assert!(retry_after <= longest);
                            let next = LIMITS.reserve(&login(number), records.clone(), now + retry_after).0;
                            let free = matches!(next, Reservation::Reserved(_) | Reservation::Busy(_));
                            // An attempt in flight may have become a failure since.
                            let timed_out = retry_after >= Ticket::SETTLEMENT_TIMEOUT;
                            prop_assert!(free || timed_out, "{next:?}");
                        }
                    }
                }
                Call::Settle(index, outcome) => {
                    if tickets.is_empty() { continue; }
                    let ticket = tickets.remove(index.index(tickets.len()));
                    records = LIMITS.settle(&ticket, outcome, records, now);
                }
                Call::Clear => records.set_window(EMAIL, clear(records.window(EMAIL).to_vec(), now)),
            }
            prop_assert!([EMAIL, PAIR, ADDRESS].iter().all(|key| records.window(*key).len() <= 3));
        }
    }
}
