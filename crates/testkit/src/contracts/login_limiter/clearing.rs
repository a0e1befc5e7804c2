//! Attempts that are removed: after a success, when abandoned, and by an administrator.

use super::support::{
    Limiter, address, assert_rejected, attempt, attempted, email, failures, free_from_address, free_on_email,
    reserve, reserved, settle,
};
use crate::{LOGIN_LIMIT, START, request_time_at};
use auth_domain::model::{ClearedLimit, Settlement};

/// A success removes the failures on its email, and those on this email from its own address.
pub async fn success_clears_the_failures_of_its_email(fixture: &Limiter) {
    let (own, other, home) = (email(), email(), address());
    failures(fixture, 4, other, home).await;
    failures(fixture, 5, own, home).await;
    failures(fixture, 2, own, None).await;
    attempted(fixture, own, home, Settlement::Succeeded).await;

    assert_eq!(free_on_email(fixture, own).await, LOGIN_LIMIT);
    assert_eq!(free_from_address(fixture, home).await, LOGIN_LIMIT - 4);
    assert_eq!(free_on_email(fixture, other).await, LOGIN_LIMIT - 4);
}

/// The failures from another address still count there after the user has logged in from their own.
pub async fn success_keeps_the_failures_of_other_addresses(fixture: &Limiter) {
    let (own, home, elsewhere) = (email(), address(), address());
    failures(fixture, 5, own, elsewhere).await;
    failures(fixture, 2, own, home).await;
    attempted(fixture, own, home, Settlement::Succeeded).await;

    assert_eq!(free_on_email(fixture, own).await, LOGIN_LIMIT);
    assert_eq!(free_from_address(fixture, home).await, LOGIN_LIMIT);
    assert_eq!(free_from_address(fixture, elsewhere).await, LOGIN_LIMIT - 5);
}

/// Concurrent attempts stay in flight after a success, and count if they fail.
pub async fn success_keeps_attempts_in_flight(fixture: &Limiter) {
    let (own, home) = (email(), address());
    let mut tickets = Vec::new();
    for _ in 0..3 {
        tickets.push(reserved(fixture, attempt(own, home), START).await);
    }
    attempted(fixture, own, home, Settlement::Succeeded).await;
    assert_eq!(free_on_email(fixture, own).await, LOGIN_LIMIT - 3);
    assert_eq!(free_from_address(fixture, home).await, LOGIN_LIMIT - 3);

    for ticket in &tickets {
        settle(fixture, ticket, Settlement::Failed, START).await;
    }
    // Further failures from `home` would count for it alone, as it is known now.
    failures(fixture, LOGIN_LIMIT - 3, own, address()).await;
    failures(fixture, LOGIN_LIMIT - 3, email(), home).await;
    assert_rejected(reserve(fixture, attempt(own, address()), START).await);
    assert_rejected(reserve(fixture, attempt(email(), home), START).await);
}

/// An attempt whose password was not checked counts neither as a failure nor as a success.
pub async fn abandoned_attempt_does_not_count(fixture: &Limiter) {
    let (own, home) = (email(), address());
    failures(fixture, 3, own, home).await;
    for _ in 0..2 * LOGIN_LIMIT {
        let ticket = reserved(fixture, attempt(own, home), START).await;
        for _ in 0..2 {
            settle(fixture, &ticket, Settlement::Abandoned, START).await;
        }
    }
    assert_eq!(free_on_email(fixture, own).await, LOGIN_LIMIT - 3);
    assert_eq!(free_from_address(fixture, home).await, LOGIN_LIMIT - 3);
}

/// `clear` removes the failures on one email; other emails and all addresses keep theirs.
pub async fn clear_removes_the_failures_of_the_email(fixture: &Limiter) {
    let (own, other, home) = (email(), email(), address());
    failures(fixture, LOGIN_LIMIT, own, home).await;
    failures(fixture, LOGIN_LIMIT, other, None).await;
    fixture.port.clear(ClearedLimit::Email(own), request_time_at(START)).await.unwrap();

    assert_eq!(free_on_email(fixture, own).await, LOGIN_LIMIT);
    assert_rejected(reserve(fixture, attempt(own, home), START).await);
    assert_rejected(reserve(fixture, attempt(other, address()), START).await);
}
