//! The limit itself: what is let in, what has to wait, what is refused.

use std::sync::Arc;

use auth_domain::model::LoginAttempt;
use auth_domain::ports::{Reservation, Settlement, Ticket};

use super::steps::{
    Limiter, address, assert_refused, assert_refused_by, attempt, attempted, email, failures,
    places_of_address, places_of_email, reserve, reserved, settle,
};
use crate::contracts::assert_unavailable;
use crate::{LOGIN_LIMIT, LOGIN_WINDOW, ROUNDS, START, race, timing_at, timing_past_its_deadline};

/// However many attempts come at one moment, no more than the limit are let in, on either axis.
pub async fn reservations_never_exceed_the_limit_under_race(fixture: &Limiter) {
    for _ in 0..ROUNDS {
        let (email_axis, address_axis) = (email(), address());
        let on_email: Vec<_> = (0..32).map(|_| attempt(email_axis, address())).collect();
        let from_address: Vec<_> = (0..32).map(|_| attempt(email(), address_axis)).collect();
        for (attempts, axis) in [(on_email, email_axis), (from_address, address_axis)] {
            let results = raced(fixture, &attempts).await;
            let tickets: Vec<Ticket> = results.iter().filter_map(reserved_ticket).collect();
            assert_eq!(tickets.len(), LOGIN_LIMIT as usize, "let in at one moment");
            let busy = results.iter().filter(|result| **result == Reservation::Busy(axis)).count();
            assert_eq!(busy, attempts.len() - tickets.len(), "{results:?}");

            no_place_becomes_free_by_failing(fixture, &tickets, &attempts).await;
        }
    }
}

/// Settles every ticket as failed while others try again.
async fn no_place_becomes_free_by_failing(fixture: &Limiter, tickets: &[Ticket], attempts: &[LoginAttempt]) {
    let calls = tickets.iter().copied().map(Some).chain(tickets.iter().map(|_| None));
    let let_in = race(calls.enumerate().map(|(racer, ticket)| {
        let limiter = Arc::clone(&fixture.port);
        let again = attempt(attempts[racer].email, attempts[racer].address);
        async move {
            match ticket {
                Some(ticket) => {
                    limiter.settle(&ticket, Settlement::Failed, timing_at(START)).await.unwrap();
                    None
                }
                None => reserved_ticket(&limiter.reserve(&again, timing_at(START)).await.unwrap()),
            }
        }
    }))
    .await;
    assert_eq!(let_in.into_iter().flatten().count(), 0, "let in beside failures");
}

async fn raced(fixture: &Limiter, attempts: &[LoginAttempt]) -> Vec<Reservation> {
    race(attempts.iter().copied().map(|attempt| {
        let limiter = Arc::clone(&fixture.port);
        async move { limiter.reserve(&attempt, timing_at(START)).await.unwrap() }
    }))
    .await
}

fn reserved_ticket(reservation: &Reservation) -> Option<Ticket> {
    match reservation {
        Reservation::Reserved(ticket) => Some(*ticket),
        Reservation::Busy(_) | Reservation::Refused { .. } => None,
    }
}

/// An email is limited from wherever the attempts come.
pub async fn email_axis_refuses_after_the_limit(fixture: &Limiter) {
    let email_axis = email();
    for _ in 0..LOGIN_LIMIT {
        let ticket = reserved(fixture, attempt(email_axis, address()), START).await;
        for _ in 0..2 {
            // Repeating the report changes nothing.
            settle(fixture, &ticket, Settlement::Failed, START).await;
        }
    }
    let refused = reserve(fixture, attempt(email_axis, address()), START).await;
    let retry_after = assert_refused_by(email_axis, refused);
    assert_eq!(retry_after, LOGIN_WINDOW);
    reserved(fixture, attempt(email(), address()), START).await;
}

/// An address is limited on whatever emails the attempts are.
pub async fn address_axis_refuses_after_the_limit(fixture: &Limiter) {
    let address_axis = address();
    let last = email();
    for _ in 1..LOGIN_LIMIT {
        failures(fixture, 1, email(), address_axis).await;
    }
    failures(fixture, 1, last, address_axis).await;
    let refused = reserve(fixture, attempt(email(), address_axis), START).await;
    let retry_after = assert_refused_by(address_axis, refused);
    assert_eq!(retry_after, LOGIN_WINDOW);
    reserved(fixture, attempt(last, address()), START).await;
}

/// Who fills an axis without having failed makes others wait, not fail; failures go before.
pub async fn attempts_in_flight_are_busy_not_refused(fixture: &Limiter) {
    let (email_axis, address_axis) = (email(), address());
    let mut tickets = Vec::new();
    for _ in 0..LOGIN_LIMIT {
        tickets.push(reserved(fixture, attempt(email_axis, address()), START).await);
        reserved(fixture, attempt(email(), address_axis), START).await;
    }
    let busy = reserve(fixture, attempt(email_axis, address()), START).await;
    assert_eq!(busy, Reservation::Busy(email_axis));
    let busy = reserve(fixture, attempt(email(), address_axis), START).await;
    assert_eq!(busy, Reservation::Busy(address_axis));

    settle(fixture, &tickets[0], Settlement::Failed, START).await;
    let busy = reserve(fixture, attempt(email_axis, address()), START).await;
    assert_eq!(busy, Reservation::Busy(email_axis), "one failure is not the limit");

    for ticket in &tickets {
        settle(fixture, ticket, Settlement::Failed, START).await;
    }
    assert_refused(reserve(fixture, attempt(email_axis, address_axis), START).await);

    let (email_axis, address_axis) = (email(), address());
    failures(fixture, LOGIN_LIMIT, email(), address_axis).await;
    for _ in 0..LOGIN_LIMIT {
        reserved(fixture, attempt(email_axis, address()), START).await;
    }
    assert_refused(reserve(fixture, attempt(email_axis, address_axis), START).await);
}

/// Whoever is not let in takes no place, on the axis that is full or on the other.
pub async fn refused_attempts_do_not_count(fixture: &Limiter) {
    let (full, crowded) = (email(), email());
    failures(fixture, LOGIN_LIMIT, full, None).await;
    let mut tickets = Vec::new();
    for _ in 0..LOGIN_LIMIT {
        tickets.push(reserved(fixture, attempt(crowded, None), START).await);
    }

    let (refused_from, busy_from) = (address(), address());
    for _ in 0..2 * LOGIN_LIMIT {
        assert_refused(reserve(fixture, attempt(full, refused_from), START).await);
        let busy = reserve(fixture, attempt(crowded, busy_from), START).await;
        assert_eq!(busy, Reservation::Busy(crowded));
    }
    for ticket in &tickets {
        settle(fixture, ticket, Settlement::Abandoned, START).await;
    }
    assert_eq!(places_of_email(fixture, crowded).await, LOGIN_LIMIT);
    for from in [refused_from, busy_from] {
        assert_eq!(places_of_address(fixture, from).await, LOGIN_LIMIT, "counted on the address");
    }

    for _ in 0..2 * LOGIN_LIMIT {
        assert_refused(reserve(fixture, attempt(full, address()), START + LOGIN_WINDOW / 2).await);
    }
    reserved(fixture, attempt(full, address()), START + LOGIN_WINDOW).await;
}

/// Where the address is not known, only the email is counted.
pub async fn attempt_without_address_counts_on_the_email_alone(fixture: &Limiter) {
    for _ in 0..2 * LOGIN_LIMIT {
        attempted(fixture, email(), None, Settlement::Failed).await;
    }
    let email_axis = email();
    failures(fixture, LOGIN_LIMIT, email_axis, None).await;
    assert_refused(reserve(fixture, attempt(email_axis, None), START).await);
    assert_refused(reserve(fixture, attempt(email_axis, address()), START).await);
}

/// A call that comes too late is an error and takes no effect.
pub async fn call_past_its_deadline_changes_nothing(fixture: &Limiter) {
    let late = timing_past_its_deadline(START);
    let (email_axis, address_axis) = (email(), address());
    for _ in 0..2 * LOGIN_LIMIT {
        assert_unavailable(fixture.port.reserve(&attempt(email_axis, address_axis), late).await, "reserve");
    }
    assert_eq!(places_of_email(fixture, email_axis).await, LOGIN_LIMIT);
    assert_eq!(places_of_address(fixture, address_axis).await, LOGIN_LIMIT);

    failures(fixture, LOGIN_LIMIT - 1, email_axis, None).await;
    let ticket = reserved(fixture, attempt(email_axis, None), START).await;
    assert_unavailable(fixture.port.settle(&ticket, Settlement::Abandoned, late).await, "settle");
    assert_unavailable(fixture.port.clear(email_axis, late).await, "clear");
    let busy = reserve(fixture, attempt(email_axis, None), START).await;
    assert_eq!(busy, Reservation::Busy(email_axis));
}
