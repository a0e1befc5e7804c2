//! What is taken back: by success, by abandoning, by an administrator.

use super::steps::{
    Limiter, address, assert_rejected, attempt, attempted, email, failures, places_of_address,
    places_of_email, reserve, reserved, settle,
};
use crate::{LOGIN_LIMIT, START};
use auth_domain::model::Settlement;

/// Success frees the email, and of the address what this email had taken.
pub async fn success_clears_the_failures_of_its_email(fixture: &Limiter) {
    let (mine, other, home) = (email(), email(), address());
    failures(fixture, 4, other, home).await;
    failures(fixture, 5, mine, home).await;
    failures(fixture, 2, mine, None).await;
    attempted(fixture, mine, home, Settlement::Succeeded).await;

    assert_eq!(places_of_email(fixture, mine).await, LOGIN_LIMIT);
    assert_eq!(places_of_address(fixture, home).await, LOGIN_LIMIT - 4);
    assert_eq!(places_of_email(fixture, other).await, LOGIN_LIMIT - 4);
}

/// Who guesses from elsewhere stays counted there, though the owner logs in at home.
pub async fn success_leaves_other_addresses_counted(fixture: &Limiter) {
    let (mine, home, elsewhere) = (email(), address(), address());
    failures(fixture, 5, mine, elsewhere).await;
    failures(fixture, 2, mine, home).await;
    attempted(fixture, mine, home, Settlement::Succeeded).await;

    assert_eq!(places_of_email(fixture, mine).await, LOGIN_LIMIT);
    assert_eq!(places_of_address(fixture, home).await, LOGIN_LIMIT);
    assert_eq!(places_of_address(fixture, elsewhere).await, LOGIN_LIMIT - 5);
}

/// Attempts beside a success keep their places, and count when they fail.
pub async fn success_leaves_attempts_in_flight(fixture: &Limiter) {
    let (mine, home) = (email(), address());
    let mut tickets = Vec::new();
    for _ in 0..3 {
        tickets.push(reserved(fixture, attempt(mine, home), START).await);
    }
    attempted(fixture, mine, home, Settlement::Succeeded).await;
    assert_eq!(places_of_email(fixture, mine).await, LOGIN_LIMIT - 3);
    assert_eq!(places_of_address(fixture, home).await, LOGIN_LIMIT - 3);

    for ticket in &tickets {
        settle(fixture, ticket, Settlement::Failed, START).await;
    }
    failures(fixture, LOGIN_LIMIT - 3, mine, home).await;
    assert_rejected(reserve(fixture, attempt(mine, address()), START).await);
    assert_rejected(reserve(fixture, attempt(email(), home), START).await);
}

/// An attempt whose password nobody looked at is as if it had not been, for itself and for others.
pub async fn abandoned_attempt_leaves_no_trace(fixture: &Limiter) {
    let (mine, home) = (email(), address());
    failures(fixture, 3, mine, home).await;
    for _ in 0..2 * LOGIN_LIMIT {
        let ticket = reserved(fixture, attempt(mine, home), START).await;
        for _ in 0..2 {
            settle(fixture, &ticket, Settlement::Abandoned, START).await;
        }
    }
    assert_eq!(places_of_email(fixture, mine).await, LOGIN_LIMIT - 3);
    assert_eq!(places_of_address(fixture, home).await, LOGIN_LIMIT - 3);
}

/// An administrator frees one email, and no other, and no address.
pub async fn clear_frees_the_email(fixture: &Limiter) {
    let (mine, other, home) = (email(), email(), address());
    failures(fixture, LOGIN_LIMIT, mine, home).await;
    failures(fixture, LOGIN_LIMIT, other, None).await;
    fixture.port.clear(mine, crate::request_time_at(START)).await.unwrap();

    assert_eq!(places_of_email(fixture, mine).await, LOGIN_LIMIT);
    assert_rejected(reserve(fixture, attempt(mine, home), START).await);
    assert_rejected(reserve(fixture, attempt(other, address()), START).await);
}
