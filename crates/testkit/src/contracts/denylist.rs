//! The contract of `Denylist`.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::LiveAccessToken;
use auth_domain::ports::Denylist;
use time::OffsetDateTime;

use crate::{DENYLIST_MARGIN, Fixture, RACERS, ROUNDS, START, an_access_token, race, request_time_at};

const SECOND: Duration = Duration::from_secs(1);

/// `contains` finds a token after `add`.
pub async fn added_token_is_found(fixture: &Fixture<dyn Denylist>) {
    let token = an_access_token(START);
    add(fixture, token).await;
    assert!(contains(fixture, token, START).await);
    assert!(contains(fixture, token, START + SECOND).await);
}

/// Every call that starts after `add` has returned finds the token, on any thread.
pub async fn added_token_is_found_by_concurrent_readers(fixture: &Fixture<dyn Denylist>) {
    for _ in 0..ROUNDS {
        let found = race((0..RACERS).map(|_| {
            let denylist = Arc::clone(&fixture.port);
            async move {
                let token = an_access_token(START);
                denylist.add(token, request_time_at(START)).await.unwrap();
                let readers = (0..2).map(|_| {
                    let denylist = Arc::clone(&denylist);
                    async move { denylist.contains(token.id, request_time_at(START)).await.unwrap() }
                });
                race(readers).await
            }
        }))
        .await;
        assert!(
            found.into_iter().flatten().all(|found| found),
            "a reader did not find a token that was added before"
        );
    }
}

/// A token that was not added is not found.
pub async fn other_tokens_are_not_found(fixture: &Fixture<dyn Denylist>) {
    let other = an_access_token(START);
    assert!(!contains(fixture, other, START).await, "an empty denylist contains a token");
    add(fixture, an_access_token(START)).await;
    assert!(!contains(fixture, other, START).await);
}

/// An entry stays for the margin, because other verifiers allow for clock skew.
pub async fn entry_outlives_its_token(fixture: &Fixture<dyn Denylist>) {
    let token = an_access_token(START);
    add(fixture, token).await;
    for later in [Duration::ZERO, SECOND, DENYLIST_MARGIN / 2, DENYLIST_MARGIN - SECOND] {
        assert!(
            contains(fixture, token, token.expires_at + later).await,
            "the entry was missing {later:?} after its token expired"
        );
    }
}

/// The denylist does not grow without bound: an entry is removed once it has expired by `now` and by the real clock.
pub async fn entry_expires_after_the_margin(fixture: &Fixture<dyn Denylist>) {
    let ttl = Duration::from_millis(300);
    let token = LiveAccessToken { expires_at: START + ttl - DENYLIST_MARGIN, ..an_access_token(START) };
    add(fixture, token).await;
    assert!(contains(fixture, token, START).await, "the entry was missing before it expired");
    // Some stores expire entries by their own clock.
    tokio::time::sleep(2 * ttl).await;
    assert!(!contains(fixture, token, START + 2 * ttl).await);
}

// S-61
/// The entry of a token that was issued by a clock ahead lasts as long as the token: it would be valid when its time has come.
pub async fn entry_of_a_clock_ahead_outlives_its_token(fixture: &Fixture<dyn Denylist>) {
    for ahead in [1, 24, 365 * 24].map(Duration::from_hours) {
        let token = an_access_token(START + ahead);
        add(fixture, token).await;
        for now in [START, START + ahead, token.expires_at + DENYLIST_MARGIN - SECOND] {
            assert!(contains(fixture, token, now).await, "{ahead:?} ahead: the entry was missing at {now}");
        }
    }
}

/// A second `add` never shortens the time of an entry.
pub async fn adding_twice_keeps_the_later_expiry(fixture: &Fixture<dyn Denylist>) {
    let early = an_access_token(START);
    let late = LiveAccessToken { expires_at: early.expires_at + Duration::from_hours(1), ..early };
    let shortened = an_access_token(START);
    let kept = LiveAccessToken { expires_at: shortened.expires_at + Duration::from_hours(1), ..shortened };

    for token in [early, late, kept, shortened] {
        add(fixture, token).await;
    }
    for token in [late, kept] {
        let end = token.expires_at + DENYLIST_MARGIN;
        assert!(contains(fixture, token, end - SECOND).await, "the entry expires at the earlier time");
    }
}

async fn add(fixture: &Fixture<dyn Denylist>, token: LiveAccessToken) {
    fixture.port.add(token, request_time_at(START)).await.unwrap();
}

async fn contains(fixture: &Fixture<dyn Denylist>, token: LiveAccessToken, now: OffsetDateTime) -> bool {
    fixture.port.contains(token.id, request_time_at(now)).await.unwrap()
}
