//! The limit: attempts that are reserved, busy or rejected.

use std::sync::Arc;

use auth_domain::model::{ClearedLimit, LoginAttempt, LoginLimit, Reservation, Settlement, Ticket};

use super::support::{
    Limiter, address, assert_rejected, assert_rejected_by, attempt, attempted, email, failures,
    free_from_address, free_on_email, reserve, reserved, settle,
};
use crate::contracts::assert_unavailable;
use crate::{
    LOGIN_LIMIT, LOGIN_WINDOW, ROUNDS, START, race, request_time_at, request_time_past_its_deadline,
};

/// Concurrent attempts never reserve more places than the limit, on either limit key.
pub async fn reservations_never_exceed_the_limit_under_race(fixture: &Limiter) {
    for _ in 0..ROUNDS {
        let (email_key, address_key) = (email(), address());
        let on_email: Vec<_> = (0..32).map(|_| attempt(email_key, address())).collect();
        let from_address: Vec<_> = (0..32).map(|_| attempt(email(), address_key)).collect();
        for (attempts, key) in [(on_email, email_key), (from_address, address_key)] {
            let results = raced(fixture, &attempts).await;
            let tickets: Vec<Ticket> = results.iter().filter_map(reserved_ticket).collect();
            assert_eq!(tickets.len(), LOGIN_LIMIT as usize, "reserved concurrently");
            let busy = results.iter().filter(|result| **result == Reservation::Busy(key)).count();
            assert_eq!(busy, attempts.len() - tickets.len(), "{results:?}");

            failures_free_no_place(fixture, &tickets, &attempts).await;
        }
    }
}

/// Settles every ticket as failed while other callers try again.
async fn failures_free_no_place(fixture: &Limiter, tickets: &[Ticket], attempts: &[LoginAttempt]) {
    let calls = tickets.iter().copied().map(Some).chain(tickets.iter().map(|_| None));
    let reserved = race(calls.enumerate().map(|(racer, ticket)| {
        let limiter = Arc::clone(&fixture.port);
        let again = attempt(attempts[racer].email, attempts[racer].address());
        async move {
            match ticket {
                Some(ticket) => {
                    limiter.settle(&ticket, Settlement::Failed, request_time_at(START)).await.unwrap();
                    None
                }
                None => reserved_ticket(&limiter.reserve(&again, request_time_at(START)).await.unwrap()),
            }
        }
    }))
    .await;
    assert_eq!(reserved.into_iter().flatten().count(), 0, "reserved while the failures were settled");
}

async fn raced(fixture: &Limiter, attempts: &[LoginAttempt]) -> Vec<Reservation> {
    race(attempts.iter().copied().map(|attempt| {
        let limiter = Arc::clone(&fixture.port);
        async move { limiter.reserve(&attempt, request_time_at(START)).await.unwrap() }
    }))
    .await
}

fn reserved_ticket(reservation: &Reservation) -> Option<Ticket> {
    match reservation {
        Reservation::Reserved(ticket) => Some(*ticket),
        Reservation::Busy(_) | Reservation::Rejected { .. } => None,
    }
}

/// The failures on an email count from all addresses.
pub async fn email_key_rejects_after_the_limit(fixture: &Limiter) {
    let email_key = email();
    for _ in 0..LOGIN_LIMIT {
        let ticket = reserved(fixture, attempt(email_key, address()), START).await;
        for _ in 0..2 {
            // Settling an attempt again changes nothing.
            settle(fixture, &ticket, Settlement::Failed, START).await;
        }
    }
    let rejected = reserve(fixture, attempt(email_key, address()), START).await;
    let retry_after = assert_rejected_by((LoginLimit::Email, email_key), rejected);
    assert_eq!(retry_after, LOGIN_WINDOW);
    reserved(fixture, attempt(email(), address()), START).await;
}

/// The failures from an address count on all emails.
pub async fn address_key_rejects_after_the_limit(fixture: &Limiter) {
    let address_key = address();
    let last = email();
    for _ in 1..LOGIN_LIMIT {
        failures(fixture, 1, email(), address_key).await;
    }
    failures(fixture, 1, last, address_key).await;
    let rejected = reserve(fixture, attempt(email(), address_key), START).await;
    let retry_after = assert_rejected_by((LoginLimit::Address, address_key), rejected);
    assert_eq!(retry_after, LOGIN_WINDOW);
    reserved(fixture, attempt(last, address()), START).await;
}

/// A limit key that is full of attempts in flight is busy; one that is full of failures is rejected, busy or not.
pub async fn attempts_in_flight_are_busy_not_rejected(fixture: &Limiter) {
    let (email_key, address_key) = (email(), address());
    let mut tickets = Vec::new();
    for _ in 0..LOGIN_LIMIT {
        tickets.push(reserved(fixture, attempt(email_key, address()), START).await);
        reserved(fixture, attempt(email(), address_key), START).await;
    }
    let busy = reserve(fixture, attempt(email_key, address()), START).await;
    assert_eq!(busy, Reservation::Busy(email_key));
    let busy = reserve(fixture, attempt(email(), address_key), START).await;
    assert_eq!(busy, Reservation::Busy(address_key));

    settle(fixture, &tickets[0], Settlement::Failed, START).await;
    let busy = reserve(fixture, attempt(email_key, address()), START).await;
    assert_eq!(busy, Reservation::Busy(email_key), "one failure is not the limit");

    for ticket in &tickets {
        settle(fixture, ticket, Settlement::Failed, START).await;
    }
    assert_rejected(reserve(fixture, attempt(email_key, address_key), START).await);

    let (email_key, address_key) = (email(), address());
    failures(fixture, LOGIN_LIMIT, email(), address_key).await;
    for _ in 0..LOGIN_LIMIT {
        reserved(fixture, attempt(email_key, address()), START).await;
    }
    assert_rejected(reserve(fixture, attempt(email_key, address_key), START).await);
}

/// An attempt that is busy or rejected takes no place, on the full limit key or on the other.
pub async fn rejected_attempts_do_not_count(fixture: &Limiter) {
    let (full, crowded) = (email(), email());
    failures(fixture, LOGIN_LIMIT, full, None).await;
    let mut tickets = Vec::new();
    for _ in 0..LOGIN_LIMIT {
        tickets.push(reserved(fixture, attempt(crowded, None), START).await);
    }

    let (rejected_from, busy_from) = (address(), address());
    for _ in 0..2 * LOGIN_LIMIT {
        assert_rejected(reserve(fixture, attempt(full, rejected_from), START).await);
        let busy = reserve(fixture, attempt(crowded, busy_from), START).await;
        assert_eq!(busy, Reservation::Busy(crowded));
    }
    for ticket in &tickets {
        settle(fixture, ticket, Settlement::Abandoned, START).await;
    }
    assert_eq!(free_on_email(fixture, crowded).await, LOGIN_LIMIT);
    for from in [rejected_from, busy_from] {
        assert_eq!(free_from_address(fixture, from).await, LOGIN_LIMIT, "the attempt counts on the address");
    }

    for _ in 0..2 * LOGIN_LIMIT {
        assert_rejected(reserve(fixture, attempt(full, address()), START + LOGIN_WINDOW / 2).await);
    }
    reserved(fixture, attempt(full, address()), START + LOGIN_WINDOW).await;
}

/// An attempt with an unknown address counts only on its email.
pub async fn attempt_without_address_counts_by_email_only(fixture: &Limiter) {
    for _ in 0..2 * LOGIN_LIMIT {
        attempted(fixture, email(), None, Settlement::Failed).await;
    }
    let email_key = email();
    failures(fixture, LOGIN_LIMIT, email_key, None).await;
    assert_rejected(reserve(fixture, attempt(email_key, None), START).await);
    assert_rejected(reserve(fixture, attempt(email_key, address()), START).await);
}

/// A call after its deadline fails and changes nothing.
pub async fn call_past_its_deadline_changes_nothing(fixture: &Limiter) {
    let late = request_time_past_its_deadline(START);
    let (email_key, address_key) = (email(), address());
    for _ in 0..2 * LOGIN_LIMIT {
        assert_unavailable(fixture.port.reserve(&attempt(email_key, address_key), late).await, "reserve");
    }
    assert_eq!(free_on_email(fixture, email_key).await, LOGIN_LIMIT);
    assert_eq!(free_from_address(fixture, address_key).await, LOGIN_LIMIT);

    failures(fixture, LOGIN_LIMIT - 1, email_key, None).await;
    let ticket = reserved(fixture, attempt(email_key, None), START).await;
    assert_unavailable(fixture.port.settle(&ticket, Settlement::Abandoned, late).await, "settle");
    assert_unavailable(fixture.port.clear(ClearedLimit::Email(email_key), late).await, "clear");
    assert_unavailable(fixture.port.forget_addresses(email_key, late).await, "forget_addresses");
    assert_unavailable(fixture.port.status(email_key, late).await, "status");
    let busy = reserve(fixture, attempt(email_key, None), START).await;
    assert_eq!(busy, Reservation::Busy(email_key));
}
