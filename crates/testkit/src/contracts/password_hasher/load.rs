//! More calls than can be served.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::PasswordHash;
use auth_domain::ports::{Credential, PasswordCheck, PortErrorKind};

use super::{CURRENT, PASSWORD, hashed, within};
use crate::request_time::real_instant;
use crate::{PasswordHasherFixture, a_password, race};

const FLOOD: usize = 500;
const ALLOWED: Duration = Duration::from_millis(300);
/// For a verification that begins in the last moment, on a machine that has other things to do.
const SLACK: Duration = Duration::from_secs(2);

/// What cannot begin in time is rejected in time; what has begun is answered.
pub async fn full_queue_is_overloaded(fixture: &PasswordHasherFixture) {
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
    assert!(served > 0, "nobody was served");
    assert!(served < FLOOD, "all were served: one verification costs too little for this case");

    let (after, _) = verification(fixture, &stored, SLACK).await;
    assert_eq!(after, Ok(CURRENT), "the queue is empty again");
}

/// Clients that hang up while waiting do not keep others out.
pub async fn dropped_calls_release_their_place(fixture: &PasswordHasherFixture) {
    let stored = hashed(&*fixture.hasher, PASSWORD).await;
    for _ in 0..10 {
        let waiting: Vec<_> =
            (0..100).map(|_| tokio::spawn(verification(fixture, &stored, Duration::from_secs(30)))).collect();
        // Long enough to be waiting, too short to be served.
        tokio::time::sleep(Duration::from_millis(20)).await;
        for call in waiting {
            call.abort();
            // A call that was served in the meantime is none the worse.
            drop(call.await);
        }
    }
    // Each is charged the dearest turn, so twenty wait for some seconds. Places that were not freed would add a minute.
    let patience = Duration::from_secs(30);
    for (after, _) in race((0..20).map(|_| verification(fixture, &stored, patience))).await {
        assert_eq!(after, Ok(CURRENT), "the places of dropped calls are lost");
    }
}

/// An admission that is dropped before verification does not keep others out.
pub async fn dropped_admissions_release_their_place(fixture: &PasswordHasherFixture) {
    let stored = hashed(&*fixture.hasher, PASSWORD).await;
    for _ in 0..10 {
        let admissions: Vec<_> = (0..100).map(|_| fixture.hasher.admit(within(SLACK))).collect();
        assert!(admissions.iter().any(Result::is_ok), "nobody is admitted");
        drop(admissions);
    }
    let (after, _) = verification(fixture, &stored, SLACK).await;
    assert_eq!(after, Ok(CURRENT), "the places of dropped admissions are lost");
}

/// One verification that may begin within `allowed`, and how long it took.
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
