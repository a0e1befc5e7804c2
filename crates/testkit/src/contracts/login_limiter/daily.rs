//! The daily count of emails.

use std::time::Duration;

use auth_domain::model::attempt_window::LoginLimits;
use auth_domain::model::{LimitKey, LoginLimit, Reservation, Settlement};
use time::OffsetDateTime;

use super::support::{
    ERRORS, Limiter, MILLISECOND, address, assert_rejected, assert_rejected_by, attempt, email, failed,
    logged_in, reserve, reserved, settle,
};
use crate::{LOGIN_LIMIT, LOGIN_LIMITS, LOGIN_WINDOW, START, request_time_at};

const HOUR: Duration = Duration::from_hours(1);

/// The number of windows that reach the daily limit.
fn windows() -> u32 {
    LOGIN_LIMITS.daily_failures.unwrap() / LOGIN_LIMIT
}

/// Fills `count` windows in a row from `start` on, each from a new address or from a known one; returns the end of the last.
async fn fill(
    fixture: &Limiter,
    email: LimitKey,
    from: Option<LimitKey>,
    count: u32,
    start: OffsetDateTime,
) -> OffsetDateTime {
    for nth in 0..count {
        let from = from.unwrap_or_else(address);
        for _ in 0..LOGIN_LIMIT {
            failed(fixture, email, from, start + nth * LOGIN_WINDOW).await;
        }
    }
    start + count * LOGIN_WINDOW
}

fn assert_daily(email: LimitKey, reservation: Reservation) -> Duration {
    assert_rejected_by((LoginLimit::Daily, email), reservation)
}

// S-23, S-91
/// At the daily limit one attempt a minute is checked, and `retry_after` is the time until the next one.
pub async fn daily_limit_admits_one_attempt_a_minute(fixture: &Limiter) {
    let own = email();
    let now = fill(fixture, own, None, windows(), START).await;
    let ticket = reserved(fixture, attempt(own, address()), now).await;
    let pause = LoginLimits::DAILY_PAUSE;
    assert_eq!(assert_daily(own, reserve(fixture, attempt(own, address()), now).await), pause);
    settle(fixture, &ticket, Settlement::Failed, now).await;
    let almost = now + pause - MILLISECOND;
    assert_eq!(assert_daily(own, reserve(fixture, attempt(own, None), almost).await), MILLISECOND);
    failed(fixture, own, address(), now + pause).await;
    assert_daily(own, reserve(fixture, attempt(own, address()), now + pause).await);

    // A clock that was ahead does not prolong the pause.
    let ahead = email();
    let end = fill(fixture, ahead, None, windows(), START + 30 * HOUR).await;
    failed(fixture, ahead, address(), end).await;
    let now = START - LOGIN_WINDOW;
    let retry_after = assert_rejected(reserve(fixture, attempt(ahead, address()), now).await);
    assert!(retry_after <= LOGIN_WINDOW, "{retry_after:?}");
}

/// An email without a full window is not in the daily count.
pub async fn daily_count_starts_with_a_full_window(fixture: &Limiter) {
    let own = email();
    for nth in 0..2 * windows() {
        for _ in 1..LOGIN_LIMIT {
            failed(fixture, own, address(), START + nth * LOGIN_WINDOW).await;
        }
    }
    // The failures that fill the window count as well.
    let own = email();
    let now = fill(fixture, own, None, 1, START).await;
    let limit = LOGIN_LIMITS.daily_failures.unwrap();
    let mut later = now;
    for number in LOGIN_LIMIT..limit {
        later = now + number * LOGIN_WINDOW / (LOGIN_LIMIT - 1);
        failed(fixture, own, address(), later).await;
    }
    assert_daily(own, reserve(fixture, attempt(own, address()), later).await);
}

// S-91
/// Known addresses and the others have a daily count each.
pub async fn daily_counts_of_known_and_unknown_addresses_are_separate(fixture: &Limiter) {
    let (own, home) = (email(), address());
    logged_in(fixture, own, home, START).await;
    let now = fill(fixture, own, None, windows(), START).await;
    failed(fixture, own, None, now).await;
    assert_daily(own, reserve(fixture, attempt(own, address()), now).await);

    let now = fill(fixture, own, Some(home), windows(), now).await;
    failed(fixture, own, home, now).await;
    assert_daily(own, reserve(fixture, attempt(own, home), now).await);
}

// S-91
/// At the daily limit each known address has its own minute: a stranger at one of them does not block the owner at another.
pub async fn daily_limit_leaves_each_known_address_its_minute(fixture: &Limiter) {
    let (own, home, cafe) = (email(), address(), address());
    for known in [home, cafe] {
        logged_in(fixture, own, known, START).await;
    }
    let now = fill(fixture, own, Some(cafe), windows(), START).await;
    failed(fixture, own, cafe, now).await;
    let rejected = reserve(fixture, attempt(own, cafe), now).await;
    assert_eq!(assert_daily(own, rejected), LoginLimits::DAILY_PAUSE);
    failed(fixture, own, home, now).await;
    assert_daily(own, reserve(fixture, attempt(own, home), now).await);
    let later = now + LoginLimits::DAILY_PAUSE;
    failed(fixture, own, cafe, later).await;
    logged_in(fixture, own, home, later).await;
}

/// A success clears the daily count of its kind of address.
pub async fn success_clears_the_daily_count(fixture: &Limiter) {
    let own = email();
    let now = fill(fixture, own, None, windows(), START).await;
    logged_in(fixture, own, address(), now).await;
    for _ in 1..LOGIN_LIMIT {
        failed(fixture, own, address(), now).await;
    }
    reserved(fixture, attempt(own, address()), now).await;
}

// S-91
/// The success of an owner from a known address does not give a guesser more attempts a day.
pub async fn known_success_keeps_the_daily_count_of_others(fixture: &Limiter) {
    let (own, home) = (email(), address());
    logged_in(fixture, own, home, START).await;
    let now = fill(fixture, own, None, windows(), START).await;
    logged_in(fixture, own, home, now).await;
    failed(fixture, own, None, now).await;
    assert_daily(own, reserve(fixture, attempt(own, address()), now).await);
}

/// An abandoned attempt leaves the daily count.
pub async fn abandoned_attempt_leaves_the_daily_count(fixture: &Limiter) {
    let own = email();
    let now = fill(fixture, own, None, windows() - 1, START).await;
    for _ in 0..2 * LOGIN_LIMIT {
        let ticket = reserved(fixture, attempt(own, address()), now).await;
        for _ in 0..2 {
            settle(fixture, &ticket, Settlement::Abandoned, now).await;
        }
    }
    let now = fill(fixture, own, None, 1, now).await;
    failed(fixture, own, None, now).await;
    assert_daily(own, reserve(fixture, attempt(own, address()), now).await);
}

/// A failure leaves the daily count after 24 hours, together with the rest of its hour.
pub async fn failures_leave_the_daily_count_after_a_day(fixture: &Limiter) {
    let own = email();
    let now = fill(fixture, own, None, windows(), START).await;
    failed(fixture, own, None, now).await;
    let almost = START + 24 * HOUR - LOGIN_WINDOW;
    failed(fixture, own, None, almost).await;
    assert_daily(own, reserve(fixture, attempt(own, address()), almost).await);
    fill(fixture, own, None, 1, START + 27 * HOUR).await;
}

// S-23
/// A daily count that was stored by a clock ahead ends a day after the next attempt.
pub async fn daily_count_of_a_clock_ahead_ends_after_a_day(fixture: &Limiter) {
    for ahead in ERRORS {
        let own = email();
        fill(fixture, own, None, 1, START + ahead).await;
        assert_rejected(reserve(fixture, attempt(own, address()), START).await);
        for (now, is_counted) in [(START, true), (START + 23 * HOUR, true), (START + 26 * HOUR, false)] {
            let status = fixture.port.status(own, request_time_at(now)).await.unwrap();
            let counted = status.daily.map_or(0, |daily| daily.unknown);
            assert_eq!(counted, if is_counted { LOGIN_LIMIT } else { 0 }, "{ahead:?} ahead, at {now}");
        }
    }
}
