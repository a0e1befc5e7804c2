//! The generated sequences reach every outcome, so that a comparison covers all of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use auth_domain::model::attempt_window::{AttemptLimit, Windows, settle};
use auth_domain::model::{LimitKey, LoginAttempt, Reservation, Rotation, TicketId};
use auth_testkit::START;
use auth_testkit::generated::{
    AttemptOperation, SessionAnswer, SessionModel, SessionPlayer, attempt_calls, session_calls,
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
    let (mut runner, mut seen) = (TestRunner::deterministic(), BTreeSet::new());
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
}

#[test]
fn generated_attempts_reach_every_outcome() {
    let limit = AttemptLimit { max_failures: 3, window: auth_testkit::LOGIN_WINDOW };
    let (mut runner, mut seen) = (TestRunner::deterministic(), [0; 3]);
    for _ in 0..SEQUENCES {
        let calls = attempt_calls().new_tree(&mut runner).unwrap().current();
        let (mut windows, mut tickets, mut now) = (Windows::default(), Vec::new(), START);
        for (number, call) in (0_u8..).zip(calls) {
            now += call.after;
            match call.operation {
                AttemptOperation::Reserve { .. } => {
                    let ticket = TicketId::from_bytes([number; 16]);
                    let attempt =
                        LoginAttempt { ticket, email: LimitKey::from_bytes([0; 16]), address: None };
                    let (reservation, stored) = limit.reserve(&attempt, windows, now);
                    windows = stored;
                    match reservation {
                        Reservation::Reserved(ticket) => {
                            seen[0] += 1;
                            tickets.push(ticket);
                        }
                        Reservation::Busy(_) => seen[1] += 1,
                        Reservation::Rejected { .. } => seen[2] += 1,
                    }
                }
                AttemptOperation::Settle { attempt, outcome } if !tickets.is_empty() => {
                    windows = settle(&tickets[attempt.index(tickets.len())], outcome, windows, now);
                }
                AttemptOperation::Settle { .. } | AttemptOperation::Clear { .. } => {}
            }
        }
    }
    assert!(seen.iter().all(|count| *count > SEQUENCES), "{seen:?}");
}
