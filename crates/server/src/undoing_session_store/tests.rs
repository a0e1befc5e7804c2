use std::sync::Mutex;

use auth_domain::mocks::MockSessionStore;
use auth_domain::model::{LiveAccessToken, RefreshToken, TenantId, TokenId};
use time::OffsetDateTime;
use tokio::time::sleep;
use uuid::Uuid;

use super::*;
use crate::background_retries::MAX_PENDING;
use crate::system::SystemClock;

const ACCESS_TTL: Duration = Duration::from_mins(15);
const TIMEOUT: Duration = Duration::from_secs(5);

/// The sessions that were ended.
type Ended = Arc<Mutex<Vec<SessionRef>>>;

fn a_session(number: u8) -> NewSession {
    let user = UserId::from_uuid(Uuid::from_bytes([number; 16]));
    NewSession {
        refresh_token: RefreshToken::first(user, &[number; 32]).digest(),
        tenant_id: TenantId::from_uuid(Uuid::nil()),
        access_token: LiveAccessToken {
            id: TokenId::from_uuid(Uuid::nil()),
            expires_at: OffsetDateTime::UNIX_EPOCH,
        },
        expires_at: OffsetDateTime::UNIX_EPOCH,
        ends_at: OffsetDateTime::UNIX_EPOCH,
        max_sessions: 1,
        predecessor: None,
    }
}

/// A store whose `open` has this result, and whose first `failures` ends fail.
fn undoing(
    opened: fn() -> Result<(), PortError>,
    failures: usize,
    ending: Ending,
) -> (UndoingSessionStore, Ended) {
    let ended = Ended::default();
    let (mut store, seen) = (MockSessionStore::new(), ended.clone());
    store.expect_open().returning(move |_, _| opened());
    store.expect_end().returning(move |end, request_time| {
        assert!(request_time.deadline() > request_time.started());
        assert_eq!((end.reason, end.also_revoke), (EndReason::Revoked, None));
        let mut seen = seen.lock().unwrap();
        seen.push(end.session);
        if seen.len() <= failures { Err(PortError::unavailable("gone")) } else { Ok(ending) }
    });
    let (clock, stopping) = (Arc::new(SystemClock), CancellationToken::new());
    let store: Arc<dyn SessionStore> = Arc::new(store);
    let undo = SessionUndo::new(store.clone(), clock, ACCESS_TTL, Handle::current(), stopping);
    (UndoingSessionStore::new(store, Arc::new(undo)), ended)
}

async fn open(undoing: &UndoingSessionStore, number: u8) {
    let request_time = start_request(&SystemClock, TIMEOUT);
    undoing.open(&a_session(number), request_time).await.unwrap_err();
}

fn lost() -> Result<(), PortError> {
    Err(PortError::unanswered("lost"))
}

#[tokio::test(start_paused = true)]
async fn a_session_of_unknown_outcome_is_ended_after_its_deadline() {
    for ending in [Ending::Ended, Ending::Unknown] {
        let (undoing, ended) = undoing(lost, 0, ending);
        open(&undoing, 1).await;
        // The clock of the deadline is not the paused one, and a little further.
        sleep(TIMEOUT.mul_f32(0.8)).await;
        assert_eq!(ended.lock().unwrap().len(), 0, "the store could still open it");
        sleep(ACCESS_TTL).await;
        assert_eq!(*ended.lock().unwrap(), [a_session(1).refresh_token.session], "{ending:?}");
        assert_eq!(undoing.undo.retries.available(), MAX_PENDING);
    }
}

#[tokio::test(start_paused = true)]
async fn an_opening_of_known_outcome_is_not_undone() {
    let known: [fn() -> Result<(), PortError>; 3] = [
        || Err(PortError::unavailable("away")),
        || Err(PortError::overloaded("full")),
        || Err(PortError::corrupt("broken")),
    ];
    for opened in known {
        let (undoing, ended) = undoing(opened, 0, Ending::Ended);
        open(&undoing, 1).await;
        sleep(ACCESS_TTL).await;
        assert!(ended.lock().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_that_fails_is_repeated_for_one_lifetime_of_access_tokens() {
    let (undoing, ended) = undoing(lost, 5, Ending::Ended);
    open(&undoing, 1).await;
    sleep(ACCESS_TTL).await;
    assert_eq!(ended.lock().unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_end_is_not_repeated_for_longer_than_access_tokens_live() {
    let (undoing, ended) = undoing(lost, usize::MAX, Ending::Ended);
    open(&undoing, 1).await;
    sleep(ACCESS_TTL).await;
    let calls = ended.lock().unwrap().len();
    assert!((300..460).contains(&calls), "{calls}");
    sleep(ACCESS_TTL).await;
    assert_eq!(ended.lock().unwrap().len(), calls);
    assert_eq!(undoing.undo.retries.available(), MAX_PENDING);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_sessions_that_are_undone_at_once_is_bounded() {
    let (undoing, ended) = undoing(lost, usize::MAX, Ending::Ended);
    for number in 0..MAX_PENDING + 100 {
        open(&undoing, u8::try_from(number % 256).unwrap()).await;
    }
    assert_eq!(undoing.undo.retries.available(), 0);
    sleep(TIMEOUT).await;
    assert!(ended.lock().unwrap().len() <= MAX_PENDING);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_the_undoing_of_sessions() {
    let (undoing, ended) = undoing(lost, usize::MAX, Ending::Ended);
    let (stopping, clock) = (CancellationToken::new(), Arc::new(SystemClock));
    let undo =
        SessionUndo::new(undoing.store.clone(), clock, ACCESS_TTL, Handle::current(), stopping.clone());
    let undoing = UndoingSessionStore::new(undoing.store, Arc::new(undo));
    open(&undoing, 1).await;
    stopping.cancel();
    sleep(ACCESS_TTL).await;
    assert!(ended.lock().unwrap().is_empty());
    assert_eq!(undoing.undo.retries.available(), MAX_PENDING);
}
