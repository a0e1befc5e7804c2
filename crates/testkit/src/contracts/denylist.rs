//! The contract of `Denylist`.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::LiveAccessToken;
use auth_domain::ports::Denylist;
use time::OffsetDateTime;

use crate::{DENYLIST_MARGIN, Fixture, RACERS, ROUNDS, START, an_access_token, race, request_time_at};

const SECOND: Duration = Duration::from_secs(1);

/// What was added is found.
pub async fn added_token_is_found(fixture: &Fixture<dyn Denylist>) {
    let token = an_access_token(START);
    add(fixture, token).await;
    assert!(contains(fixture, token, START).await);
    assert!(contains(fixture, token, START + SECOND).await);
}

/// Every call that starts after `add` has returned finds the token, on whatever thread.
pub async fn added_token_is_found_by_racing_readers(fixture: &Fixture<dyn Denylist>) {
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
            "a reader missed a token that was added before"
        );
    }
}

/// Nothing but what was added is found.
pub async fn other_tokens_are_not_found(fixture: &Fixture<dyn Denylist>) {
    let other = an_access_token(START);
    assert!(!contains(fixture, other, START).await, "an empty denylist found something");
    add(fixture, an_access_token(START)).await;
    assert!(!contains(fixture, other, START).await);
}

/// Other verifiers allow for clock skew, so an entry stays for the margin.
pub async fn entry_outlives_its_token(fixture: &Fixture<dyn Denylist>) {
    let token = an_access_token(START);
    add(fixture, token).await;
    for later in [Duration::ZERO, SECOND, DENYLIST_MARGIN / 2, DENYLIST_MARGIN - SECOND] {
        assert!(
            contains(fixture, token, token.expires_at + later).await,
            "the entry was gone {later:?} after its token expired"
        );
    }
}

/// The denylist does not grow for ever: once both the time passed in and real time have gone by, the entry is gone.
pub async fn entry_is_gone_after_the_margin(fixture: &Fixture<dyn Denylist>) {
    let left = Duration::from_millis(300);
    let token = LiveAccessToken { expires_at: START + left - DENYLIST_MARGIN, ..an_access_token(START) };
    add(fixture, token).await;
    assert!(contains(fixture, token, START).await, "an entry was gone before its end");
    // Some stores leave it to their own clock to forget.
    tokio::time::sleep(2 * left).await;
    assert!(!contains(fixture, token, START + 2 * left).await);
}

/// A second `add` never shortens an entry.
pub async fn adding_twice_keeps_the_later_time(fixture: &Fixture<dyn Denylist>) {
    let early = an_access_token(START);
    let late = LiveAccessToken { expires_at: early.expires_at + Duration::from_hours(1), ..early };
    let shortened = an_access_token(START);
    let kept = LiveAccessToken { expires_at: shortened.expires_at + Duration::from_hours(1), ..shortened };

    for token in [early, late, kept, shortened] {
        add(fixture, token).await;
    }
    for token in [late, kept] {
        let end = token.expires_at + DENYLIST_MARGIN;
        assert!(contains(fixture, token, end - SECOND).await, "the earlier time won");
    }
}

async fn add(fixture: &Fixture<dyn Denylist>, token: LiveAccessToken) {
    fixture.port.add(token, request_time_at(START)).await.unwrap();
}

async fn contains(fixture: &Fixture<dyn Denylist>, token: LiveAccessToken, now: OffsetDateTime) -> bool {
    fixture.port.contains(token.id, request_time_at(now)).await.unwrap()
}
