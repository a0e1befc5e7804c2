//! The generated sequences reach every outcome, so that a comparison covers all of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use auth_domain::model::{LimitKey, LoginAttempt, Origin, Reservation, Rotation, Ticket, TicketId};
use auth_testkit::START;
use auth_testkit::generated::{
    AttemptOperation, GENERATED_LIMITS, LimitModel, SessionAnswer, SessionModel, SessionPlayer,
    attempt_calls, session_calls,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

const SEQUENCES: usize = 1_000;

fn outcome(answer: &SessionAnswer) -> String {
    match answer {
        SessionAnswer::Rotation(Rotation::Ended(reason)) => format!("Ended({reason})"),
        SessionAnswer::Rotation(Rotation::RateLimited { limit, .. }) => format!("RateLimited({limit:?})"),
        SessionAnswer::Rotation(rotation) => {
            format!("{rotation:?}").split([' ', '(']).next().unwrap().to_owned()
        }
        SessionAnswer::Ending(ending) => format!("Ending::{ending:?}"),
        SessionAnswer::EndedAll(alive) => format!("EndedAll({})", alive.min(&2)),
        SessionAnswer::Opened | SessionAnswer::Sessions(_) => String::new(),
    }
}

#[test]
fn generated_session_calls_reach_every_outcome() {
    let (mut runner, mut seen, mut faults) = (TestRunner::deterministic(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..SEQUENCES {
        let calls = session_calls().new_tree(&mut runner).unwrap().current();
        let (mut player, mut model, mut now) = (SessionPlayer::new(), SessionModel::default(), START);
        for call in calls {
            now += call.after;
            let Some(request) = player.request(&call.operation, now) else { continue };
            let answer = model.apply(&request, now);
            if let SessionAnswer::Rotation(rotation) = &answer {
                player.record_outcome(&request, rotation);
            }
            seen.insert(outcome(&answer));
            faults.insert(format!("{:?}", call.fault));
        }
    }
    let expected = [
        "",
        "AlreadyUsed",
        "AtCapacity",
        "Ended(logged_out)",
        "Ended(reuse_detected)",
        "Ended(revoked)",
        "Ended(user_inactive)",
        "EndedAll(0)",
        "EndedAll(1)",
        "EndedAll(2)",
        "Ending::Ended",
        "Ending::Unknown",
        "Expired",
        "RateLimited(Retries)",
        "RateLimited(Session)",
        "RateLimited(User)",
        "Retried",
        "ReuseDetected",
        "Rotated",
        "Shared",
        "TenantMismatch",
        "Unknown",
    ];
    assert_eq!(seen, expected.map(str::to_owned).into());
    assert_eq!(faults, ["AnswerLost", "Answered", "CallLost"].map(str::to_owned).into());
}

#[test]
fn generated_attempts_reach_every_outcome() {
    let (mut runner, mut seen) = (TestRunner::deterministic(), BTreeMap::new());
    for _ in 0..SEQUENCES {
        let calls = attempt_calls().new_tree(&mut runner).unwrap().current();
        let (mut model, mut tickets, mut now) = (LimitModel::new(GENERATED_LIMITS), Vec::new(), START);
        for (number, call) in (0_u8..).zip(calls) {
            now += call.after;
            match call.operation {
                AttemptOperation::Reserve { email, address, is_exempt } => {
                    let reservation = model.reserve(&attempt(number, email, address, is_exempt), now);
                    let outcome = match reservation {
                        Reservation::Reserved(Ticket { is_known, .. }) => format!("reserved({is_known})"),
                        Reservation::Busy(_) => "busy".to_owned(),
                        Reservation::Rejected { limit, .. } => limit.to_string(),
                    };
                    *seen.entry(outcome).or_insert(0_u32) += 1;
                    if let Reservation::Reserved(ticket) = reservation {
                        tickets.push(ticket);
                    }
                }
                AttemptOperation::Settle { attempt, outcome } if !tickets.is_empty() => {
                    model.settle(&tickets[attempt.index(tickets.len())], outcome, now);
                }
                AttemptOperation::Settle { .. }
                | AttemptOperation::ClearEmail { .. }
                | AttemptOperation::ClearAddress { .. }
                | AttemptOperation::Forget { .. }
                | AttemptOperation::Status { .. } => {}
            }
        }
    }
    let expected =
        ["address", "busy", "daily", "email", "network", "pair", "reserved(false)", "reserved(true)"];
    assert_eq!(seen.keys().collect::<Vec<_>>(), expected, "{seen:?}");
    assert!(seen.values().all(|count| *count > 20), "{seen:?}");
}

fn attempt(number: u8, email: usize, address: Option<usize>, is_exempt: bool) -> LoginAttempt {
    let key = |kind: u8, number: usize| LimitKey::from_bytes([kind + u8::try_from(number).unwrap(); 16]);
    let origin = address.map(|address| Origin {
        address: key(10, address),
        network: (address < 2).then(|| key(20, 0)),
        pair: key(30, 3 * email + address),
        is_exempt,
    });
    LoginAttempt { ticket: TicketId::from_bytes([number; 16]), email: key(1, email), origin }
}
