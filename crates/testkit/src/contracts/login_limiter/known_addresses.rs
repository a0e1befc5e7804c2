//! Known addresses of emails.

use auth_domain::model::{LimitKey, LoginLimit, Reservation, Settlement};
use time::OffsetDateTime;

use super::support::{
    ERRORS, Limiter, MILLISECOND, SECOND, address, assert_rejected, assert_rejected_by, attempt, email,
    failures, logged_in, reserve, reserved, settle,
};
use crate::{LOGIN_LIMIT, LOGIN_LIMITS, START};

async fn is_known(fixture: &Limiter, email: LimitKey, address: LimitKey, now: OffsetDateTime) -> bool {
    let ticket = reserved(fixture, attempt(email, address), now).await;
    settle(fixture, &ticket, Settlement::Abandoned, now).await;
    ticket.is_known
}

// S-91
/// Strangers cannot lock an owner out of an address where the owner has logged in.
pub async fn failures_from_elsewhere_do_not_block_a_known_address(fixture: &Limiter) {
    let (own, home) = (email(), address());
    assert!(!is_known(fixture, own, home, START).await, "known before the first success");
    logged_in(fixture, own, home, START).await;
    for _ in 0..LOGIN_LIMIT {
        failures(fixture, 1, own, address()).await;
    }
    assert_rejected_by((LoginLimit::Email, own), reserve(fixture, attempt(own, address()), START).await);
    assert_rejected_by((LoginLimit::Email, own), reserve(fixture, attempt(own, None), START).await);
    assert!(is_known(fixture, own, home, START).await);
    assert!(!is_known(fixture, email(), home, START).await, "the address is known for another email");
    for _ in 0..3 {
        logged_in(fixture, own, home, START).await;
    }
}

// S-10
/// A known address has a count of its own on the email: the one on the email stays free.
pub async fn known_address_has_a_limit_of_its_own(fixture: &Limiter) {
    let (own, home, office) = (email(), address(), address());
    for known in [home, office] {
        logged_in(fixture, own, known, START).await;
    }
    failures(fixture, LOGIN_LIMIT, own, home).await;
    let rejected = reserve(fixture, attempt(own, home), START).await;
    assert!(matches!(rejected, Reservation::Rejected { limit: LoginLimit::Pair, .. }), "{rejected:?}");
    assert!(is_known(fixture, own, office, START).await);
    failures(fixture, LOGIN_LIMIT, own, None).await;
}

/// The failures from an address on other emails also limit the emails for which it is known.
pub async fn known_address_counts_by_address_as_well(fixture: &Limiter) {
    let (own, home) = (email(), address());
    logged_in(fixture, own, home, START).await;
    failures(fixture, 1, own, home).await;
    for _ in 1..LOGIN_LIMIT {
        failures(fixture, 1, email(), home).await;
    }
    assert_rejected_by((LoginLimit::Address, home), reserve(fixture, attempt(own, home), START).await);
}

/// An address with successes of many emails is a proxy or an office, and known for none of them.
pub async fn address_of_many_emails_is_known_for_none(fixture: &Limiter) {
    let (own, office) = (email(), address());
    logged_in(fixture, own, office, START).await;
    for _ in 1..LOGIN_LIMITS.bounds.emails_per_address {
        logged_in(fixture, email(), office, START + SECOND).await;
    }
    assert!(is_known(fixture, own, office, START + SECOND).await);
    let last = email();
    logged_in(fixture, last, office, START + 2 * SECOND).await;
    for email in [own, last] {
        assert!(!is_known(fixture, email, office, START + 2 * SECOND).await);
    }
}

/// An email has a bounded number of known addresses: the one with the least recent success leaves.
pub async fn least_recent_known_address_leaves(fixture: &Limiter) {
    let own = email();
    let addresses: Vec<LimitKey> = (0..LOGIN_LIMITS.bounds.known_addresses).map(|_| address()).collect();
    for (number, home) in (0..).zip(&addresses) {
        logged_in(fixture, own, *home, START + number * SECOND).await;
    }
    // A further success makes the first one the most recent.
    let later = START + 60 * SECOND;
    logged_in(fixture, own, addresses[0], later).await;
    logged_in(fixture, own, address(), later + SECOND).await;
    assert!(is_known(fixture, own, addresses[0], later + SECOND).await);
    assert!(!is_known(fixture, own, addresses[1], later + SECOND).await);
    assert!(is_known(fixture, own, addresses[2], later + SECOND).await);
}

// S-91
/// An address is known for a time after its last success.
pub async fn address_is_known_for_a_time(fixture: &Limiter) {
    let (own, home, known_for) = (email(), address(), LOGIN_LIMITS.known_for.unwrap());
    logged_in(fixture, own, home, START).await;
    let again = START + 60 * SECOND;
    logged_in(fixture, own, home, again).await;
    assert!(is_known(fixture, own, home, again + known_for - MILLISECOND).await);
    assert!(!is_known(fixture, own, home, again + known_for).await);
}

// S-91
/// An address whose success was stored by a clock ahead is known for the same time from the next attempt on.
pub async fn address_of_a_clock_ahead_is_known_for_its_time(fixture: &Limiter) {
    let known_for = LOGIN_LIMITS.known_for.unwrap();
    for ahead in ERRORS {
        let (own, home) = (email(), address());
        logged_in(fixture, own, home, START + ahead).await;
        assert!(is_known(fixture, own, home, START).await, "{ahead:?} ahead");
        assert!(is_known(fixture, own, home, START + known_for - MILLISECOND).await, "{ahead:?} ahead");
        assert!(!is_known(fixture, own, home, START + known_for).await, "{ahead:?} ahead");
    }
}

// S-15, S-91
/// A success from a known address removes the failures from there, and not those of strangers.
pub async fn success_from_a_known_address_keeps_the_failures_of_others(fixture: &Limiter) {
    let (own, home) = (email(), address());
    logged_in(fixture, own, home, START).await;
    failures(fixture, LOGIN_LIMIT - 1, own, None).await;
    for _ in 0..2 {
        failures(fixture, LOGIN_LIMIT - 1, own, home).await;
        logged_in(fixture, own, home, START).await;
    }
    failures(fixture, 1, own, None).await;
    assert_rejected_by((LoginLimit::Email, own), reserve(fixture, attempt(own, address()), START).await);
}

// S-23, S-91
/// 200 addresses guess one email for ten minutes: its owner logs in from a known address in each of them. From a new address
/// the owner waits exactly as long as announced.
pub async fn owner_logs_in_from_a_known_address_during_an_attack(fixture: &Limiter) {
    let (own, home) = (email(), address());
    let guessers: Vec<LimitKey> = (0..200).map(|_| address()).collect();
    logged_in(fixture, own, home, START).await;
    for minute in 0..10 {
        let now = START + minute * 60 * SECOND;
        for guesser in &guessers {
            let attempt = attempt(own, *guesser);
            if let Reservation::Reserved(ticket) = reserve(fixture, attempt, now).await {
                settle(fixture, &ticket, Settlement::Failed, now).await;
            }
        }
        logged_in(fixture, own, home, now + SECOND).await;
        assert_rejected(reserve(fixture, attempt(own, address()), now + SECOND).await);
    }
    let (end, elsewhere) = (START + 9 * 60 * SECOND, attempt(own, address()));
    let retry_after = assert_rejected(reserve(fixture, elsewhere, end).await);
    assert_rejected(reserve(fixture, elsewhere, end + retry_after - MILLISECOND).await);
    reserved(fixture, elsewhere, end + retry_after).await;
}
