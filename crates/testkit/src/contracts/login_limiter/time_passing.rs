//! Failures and unsettled attempts as time passes.

use auth_domain::model::{Reservation, Settlement, Ticket};
use std::time::Duration;

use super::support::{
    Limiter, MILLISECOND, SECOND, address, assert_rejected, attempt, email, failed, failures, reserve,
    reserved, settle,
};
use time::OffsetDateTime;

use crate::{LOGIN_LIMIT, LOGIN_WINDOW, START};

/// A failure counts for one window after its attempt, and `retry_after` is the exact time until the next attempt.
pub async fn window_slides_and_retry_after_is_exact(fixture: &Limiter) {
    let email_key = email();
    for nth in 0..LOGIN_LIMIT {
        let now = START + 20 * nth * SECOND;
        let ticket = reserved(fixture, attempt(email_key, address()), now).await;
        settle(fixture, &ticket, Settlement::Failed, now + 5 * SECOND).await;
    }
    for (now, wait) in [
        (START + 200 * SECOND, LOGIN_WINDOW - 200 * SECOND),
        (START + LOGIN_WINDOW - MILLISECOND, MILLISECOND),
    ] {
        let retry_after = assert_rejected(reserve(fixture, attempt(email_key, address()), now).await);
        assert_eq!(retry_after, wait);
    }

    // The first failure has left the window. The next place becomes free when the second leaves it.
    let now = START + LOGIN_WINDOW;
    failed(fixture, email_key, address(), now).await;
    let retry_after = assert_rejected(reserve(fixture, attempt(email_key, address()), now).await);
    assert_eq!(retry_after, 20 * SECOND);

    both_keys_limit_an_attempt(fixture, now).await;
}

async fn both_keys_limit_an_attempt(fixture: &Limiter, start: OffsetDateTime) {
    let (email_key, address_key) = (email(), address());
    for _ in 0..LOGIN_LIMIT {
        failed(fixture, email_key, None, start).await;
    }
    let later = start + 60 * SECOND;
    for _ in 0..LOGIN_LIMIT {
        failed(fixture, email(), address_key, later).await;
    }
    let retry_after = assert_rejected(reserve(fixture, attempt(email_key, address_key), later).await);
    assert_eq!(retry_after, LOGIN_WINDOW, "the limit key that is full for longer decides");
    reserved(fixture, attempt(email_key, address_key), later + retry_after).await;
}

/// An attempt that is not settled in time, such as after a crash, is a failure at the time of its reservation.
pub async fn unsettled_attempt_counts_as_a_failure(fixture: &Limiter) {
    let (email_key, address_key) = (email(), address());
    for _ in 0..LOGIN_LIMIT {
        reserved(fixture, attempt(email_key, address_key), START).await;
    }
    let waiting = START + Ticket::SETTLEMENT_TIMEOUT - MILLISECOND;
    let busy = reserve(fixture, attempt(email_key, address()), waiting).await;
    assert_eq!(busy, Reservation::Busy(email_key));

    let timed_out = START + Ticket::SETTLEMENT_TIMEOUT + MILLISECOND;
    for attempt in [attempt(email_key, address()), attempt(email(), address_key)] {
        let retry_after = assert_rejected(reserve(fixture, attempt, timed_out).await);
        assert_eq!(retry_after, LOGIN_WINDOW - Ticket::SETTLEMENT_TIMEOUT - MILLISECOND);
    }
    assert_rejected(
        reserve(fixture, attempt(email_key, address_key), START + LOGIN_WINDOW - MILLISECOND).await,
    );
    reserved(fixture, attempt(email_key, address_key), START + LOGIN_WINDOW).await;
}

/// A clock that goes back by less than a window frees no place, neither then nor after it is corrected.
pub async fn clock_going_back_does_not_reopen_the_limit(fixture: &Limiter) {
    let earlier = START - LOGIN_WINDOW / 2;
    let email_key = email();
    failures(fixture, LOGIN_LIMIT, email_key, address()).await;
    assert_rejected(reserve(fixture, attempt(email_key, address()), earlier).await);
    assert_rejected(reserve(fixture, attempt(email_key, address()), START).await);

    let email_key = email();
    failures(fixture, LOGIN_LIMIT - 1, email_key, address()).await;
    failed(fixture, email_key, address(), earlier).await;
    for now in [earlier, START] {
        assert_rejected(reserve(fixture, attempt(email_key, address()), now).await);
    }
}

// S-23
/// Attempts that were stored by a clock an hour ahead count from the time at which they are read next.
pub async fn clock_ahead_does_not_prolong_a_rejection(fixture: &Limiter) {
    let ahead = START + 12 * LOGIN_WINDOW;
    let (email_key, address_key) = (email(), address());
    for _ in 0..LOGIN_LIMIT {
        failed(fixture, email_key, address_key, ahead).await;
    }
    for (limited, elapsed) in [
        (attempt(email_key, address()), Duration::ZERO),
        (attempt(email(), address_key), Duration::ZERO),
        (attempt(email_key, address_key), 100 * SECOND),
        (attempt(email_key, address()), LOGIN_WINDOW - MILLISECOND),
    ] {
        let retry_after = assert_rejected(reserve(fixture, limited, START + elapsed).await);
        assert_eq!(retry_after, LOGIN_WINDOW - elapsed);
    }
    reserved(fixture, attempt(email_key, address_key), START + LOGIN_WINDOW).await;

    let email_key = email();
    for _ in 0..LOGIN_LIMIT {
        reserved(fixture, attempt(email_key, address()), ahead).await;
    }
    assert_eq!(reserve(fixture, attempt(email_key, None), START).await, Reservation::Busy(email_key));
    let timed_out = START + Ticket::SETTLEMENT_TIMEOUT + MILLISECOND;
    let retry_after = assert_rejected(reserve(fixture, attempt(email_key, None), timed_out).await);
    assert_eq!(retry_after, LOGIN_WINDOW - Ticket::SETTLEMENT_TIMEOUT - MILLISECOND);
}
