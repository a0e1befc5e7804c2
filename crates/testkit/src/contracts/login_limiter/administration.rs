//! What administrators see and clear.

use auth_domain::model::{ClearedLimit, DailyFailures, EmailLimitStatus, LoginLimit, Settlement};

use super::support::{
    Limiter, address, assert_rejected_by, attempt, email, failures, free_from_address, logged_in, reserve,
    reserved, settle,
};
use crate::{LOGIN_LIMIT, LOGIN_WINDOW, START, request_time_at};

/// Clearing an email forgets its known addresses with their failures, and its daily count.
pub async fn clear_forgets_the_known_addresses_and_the_daily_count(fixture: &Limiter) {
    let (own, home) = (email(), address());
    logged_in(fixture, own, home, START).await;
    failures(fixture, LOGIN_LIMIT, own, home).await;
    failures(fixture, LOGIN_LIMIT, own, None).await;
    fixture.port.clear(ClearedLimit::Email(own), request_time_at(START)).await.unwrap();

    let status = fixture.port.status(own, request_time_at(START)).await.unwrap();
    assert_eq!(status, EmailLimitStatus::default());
    fixture
        .port
        .clear(ClearedLimit::Address { address: home, network: None }, request_time_at(START))
        .await
        .unwrap();
    let ticket = reserved(fixture, attempt(own, home), START).await;
    assert!(!ticket.is_known);
    settle(fixture, &ticket, Settlement::Succeeded, START).await;
    assert!(reserved(fixture, attempt(own, home), START).await.is_known, "its failures were removed");
}

/// Clearing an address removes its failures and those of its network; emails keep theirs.
pub async fn clear_removes_the_failures_of_the_address(fixture: &Limiter) {
    let (own, home, other) = (email(), address(), address());
    for from in [home, other] {
        failures(fixture, LOGIN_LIMIT / 2, own, from).await;
        for _ in 0..LOGIN_LIMIT / 2 {
            failures(fixture, 1, email(), from).await;
        }
    }
    let cleared = ClearedLimit::Address { address: home, network: Some(other) };
    assert_rejected_by((LoginLimit::Address, home), reserve(fixture, attempt(email(), home), START).await);
    fixture.port.clear(cleared, request_time_at(START)).await.unwrap();
    assert_eq!(free_from_address(fixture, home).await, LOGIN_LIMIT);
    assert_rejected_by((LoginLimit::Email, own), reserve(fixture, attempt(own, home), START).await);
}

// S-28
/// Forgetting the known addresses of an email keeps its failures and its daily count.
pub async fn forget_addresses_keeps_the_other_counts(fixture: &Limiter) {
    let (own, home) = (email(), address());
    logged_in(fixture, own, home, START).await;
    failures(fixture, LOGIN_LIMIT, own, None).await;
    fixture.port.forget_addresses(own, request_time_at(START)).await.unwrap();

    let status = fixture.port.status(own, request_time_at(START)).await.unwrap();
    assert_eq!((status.failures, status.known_addresses), (LOGIN_LIMIT, 0));
    assert_eq!(status.daily, Some(DailyFailures { unknown: LOGIN_LIMIT, known: 0 }));
    assert_rejected_by((LoginLimit::Email, own), reserve(fixture, attempt(own, home), START).await);
}

/// The status of an email has its failures, its daily count and its known addresses.
pub async fn status_counts_what_is_stored(fixture: &Limiter) {
    let (own, home) = (email(), address());
    logged_in(fixture, own, home, START).await;
    reserved(fixture, attempt(own, address()), START).await;
    failures(fixture, 2, own, None).await;
    let status = fixture.port.status(own, request_time_at(START)).await.unwrap();
    let expected = EmailLimitStatus { failures: 2, opens_in: None, daily: None, known_addresses: 1 };
    assert_eq!(status, expected);

    failures(fixture, LOGIN_LIMIT - 3, own, None).await;
    let timed_out = START + LOGIN_WINDOW / 2;
    let status = fixture.port.status(own, request_time_at(timed_out)).await.unwrap();
    assert_eq!((status.failures, status.opens_in), (LOGIN_LIMIT, Some(LOGIN_WINDOW / 2)));
    reserve(fixture, attempt(own, None), timed_out).await;
    let status = fixture.port.status(own, request_time_at(timed_out)).await.unwrap();
    assert_eq!(status.daily, Some(DailyFailures { unknown: LOGIN_LIMIT, known: 0 }));
}
