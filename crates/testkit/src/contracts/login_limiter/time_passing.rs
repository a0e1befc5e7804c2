//! What time does to failures and to attempts that nobody settles.

use auth_domain::model::{Reservation, Settlement, Ticket};
use std::time::Duration;

use super::steps::{
    Limiter, MILLISECOND, SECOND, address, assert_rejected, attempt, email, failed, failures, reserve,
    reserved, settle,
};
use time::OffsetDateTime;

use crate::{LOGIN_LIMIT, LOGIN_WINDOW, START};

/// Each failure counts for exactly one window from its attempt, and the rejection says how long that is.
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

    // The first failure leaves, the one that takes its place waits for the second.
    let now = START + LOGIN_WINDOW;
    failed(fixture, email_key, address(), now).await;
    let retry_after = assert_rejected(reserve(fixture, attempt(email_key, address()), now).await);
    assert_eq!(retry_after, 20 * SECOND);

    both_keys_have_to_let_in(fixture, now).await;
}

async fn both_keys_have_to_let_in(fixture: &Limiter, start: OffsetDateTime) {
    let (email_key, address_key) = (email(), address());
    for _ in 0..LOGIN_LIMIT {
        failed(fixture, email_key, None, start).await;
    }
    let later = start + 60 * SECOND;
    for _ in 0..LOGIN_LIMIT {
        failed(fixture, email(), address_key, later).await;
    }
    let retry_after = assert_rejected(reserve(fixture, attempt(email_key, address_key), later).await);
    assert_eq!(retry_after, LOGIN_WINDOW, "the axis that is full for longer decides");
    reserved(fixture, attempt(email_key, address_key), later + retry_after).await;
}

/// After a crash nobody settles; from then on the attempt is a failure of its own time.
pub async fn unsettled_attempt_counts_as_a_failure(fixture: &Limiter) {
    let (email_key, address_key) = (email(), address());
    for _ in 0..LOGIN_LIMIT {
        reserved(fixture, attempt(email_key, address_key), START).await;
    }
    let waiting = START + Ticket::SETTLEMENT_TIMEOUT - MILLISECOND;
    let busy = reserve(fixture, attempt(email_key, address()), waiting).await;
    assert_eq!(busy, Reservation::Busy(email_key));

    let given_up = START + Ticket::SETTLEMENT_TIMEOUT + MILLISECOND;
    for attempt in [attempt(email_key, address()), attempt(email(), address_key)] {
        let retry_after = assert_rejected(reserve(fixture, attempt, given_up).await);
        assert_eq!(retry_after, LOGIN_WINDOW - Ticket::SETTLEMENT_TIMEOUT - MILLISECOND);
    }
    assert_rejected(
        reserve(fixture, attempt(email_key, address_key), START + LOGIN_WINDOW - MILLISECOND).await,
    );
    reserved(fixture, attempt(email_key, address_key), START + LOGIN_WINDOW).await;
}

/// A clock that goes back by less than a window frees no place, neither then nor when it is right again.
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
/// Attempts stored by a clock that was an hour ahead count from the time at which they are first seen.
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
    let settled_by_nobody = START + Ticket::SETTLEMENT_TIMEOUT + MILLISECOND;
    let retry_after = assert_rejected(reserve(fixture, attempt(email_key, None), settled_by_nobody).await);
    assert_eq!(retry_after, LOGIN_WINDOW - Ticket::SETTLEMENT_TIMEOUT - MILLISECOND);
}
