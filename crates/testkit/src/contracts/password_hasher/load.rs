//! More calls than the hasher can serve, and calls that are dropped.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::PasswordHash;
use auth_domain::ports::{Credential, PasswordCheck, PortErrorKind};

use super::{CURRENT, PASSWORD, hashed, within};
use crate::request_time::real_instant;
use crate::{PasswordHasherFixture, a_password, race};

const FLOOD: usize = 500;
const ALLOWED: Duration = Duration::from_millis(300);
/// The time for a verification that begins just before its deadline, on a busy machine.
const SLACK: Duration = Duration::from_secs(2);

/// A call that cannot begin before its deadline is rejected as overloaded by then; one that has begun is completed.
pub async fn full_queue_returns_overloaded(fixture: &PasswordHasherFixture) {
    let stored = hashed(&*fixture.hasher, PASSWORD).await;
    let results = race((0..FLOOD).map(|_| verification(fixture, &stored, ALLOWED))).await;

    let mut served = 0;
    for (result, took) in results {
        assert!(took < ALLOWED + SLACK, "a call took {took:?}");
        match result {
            Ok(check) => {
                assert_eq!(check, CURRENT);
                served += 1;
            }
            Err(kind) => assert_eq!(kind, PortErrorKind::Overloaded),
        }
    }
    assert!(served > 0, "no call was served");
    assert!(served < FLOOD, "every call was served: a verification is too cheap for this case");

    let (after, _) = verification(fixture, &stored, SLACK).await;
    assert_eq!(after, Ok(CURRENT), "the queue is still full");
}

/// A call that is dropped while it waits gives its place in the queue back.
pub async fn dropped_calls_release_their_place(fixture: &PasswordHasherFixture) {
    let stored = hashed(&*fixture.hasher, PASSWORD).await;
    for _ in 0..10 {
        let waiting: Vec<_> =
            (0..100).map(|_| tokio::spawn(verification(fixture, &stored, Duration::from_secs(30)))).collect();
        // Enough time to enter the queue, not enough to be served.
        tokio::time::sleep(Duration::from_millis(20)).await;
        for call in waiting {
            call.abort();
            // Some calls may have been served already.
            drop(call.await);
        }
    }
    // The queue charges each call the most expensive turn, so twenty of them wait for some seconds. Places that were not
    // released would add a minute.
    let allowed = Duration::from_secs(30);
    for (after, _) in race((0..20).map(|_| verification(fixture, &stored, allowed))).await {
        assert_eq!(after, Ok(CURRENT), "dropped calls keep their places");
    }
}

/// An admission that is dropped before its verification gives its place back.
pub async fn dropped_admissions_release_their_place(fixture: &PasswordHasherFixture) {
    let stored = hashed(&*fixture.hasher, PASSWORD).await;
    for _ in 0..10 {
        let admissions: Vec<_> = (0..100).map(|_| fixture.hasher.admit(within(SLACK))).collect();
        assert!(admissions.iter().any(Result::is_ok), "no call was admitted");
        drop(admissions);
    }
    let (after, _) = verification(fixture, &stored, SLACK).await;
    assert_eq!(after, Ok(CURRENT), "dropped admissions keep their places");
}

/// Verifies a password with a deadline `allowed` from now; returns the outcome and the elapsed time.
fn verification(
    fixture: &PasswordHasherFixture,
    stored: &PasswordHash,
    allowed: Duration,
) -> impl Future<Output = (Result<PasswordCheck, PortErrorKind>, Duration)> + Send + 'static {
    let (hasher, stored) = (Arc::clone(&fixture.hasher), stored.clone());
    async move {
        let started = real_instant();
        let result = match hasher.admit(within(allowed)) {
            Ok(admission) => {
                hasher.verify(&a_password(PASSWORD), Credential::Active(stored), admission).await
            }
            Err(error) => Err(error),
        };
        (result.map_err(|error| error.kind()), started.elapsed())
    }
}
