//! What the maintenance thread does beside the callers.

use std::fs;
use std::time::Duration;

use auth_adapter_sqlite::{SqliteConfig, SqliteDatabase, SqliteDenylist, SqliteLoginLimiter};
use auth_domain::model::{EndReason, LimitKeys, LoginAttempt, TicketId};
use auth_domain::ports::{Clock, Denylist, LoginLimiter, SessionStore, random_bytes};
use auth_testkit::{START, TestEntropy, a_session, a_user_id, an_access_token, an_email, request_time_at};

use crate::support::{Folder, Sessions};

const ROWS: &str = "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM denylist)
                    + (SELECT count(*) FROM login_failures) AS number";

fn open_with_busy_upkeep(folder: &Folder) -> SqliteDatabase {
    let config = SqliteConfig { maintenance_interval: Duration::from_millis(10), ..folder.config() };
    folder.try_open(config).unwrap()
}

/// Waits until `done`, in real time, since that is when threads work.
async fn eventually(folder: &Folder, mut done: impl FnMut() -> bool) {
    let give_up = folder.clock.instant() + Duration::from_secs(20);
    while !done() {
        assert!(folder.clock.instant() < give_up, "it did not happen");
        folder.clock.sleep_until(folder.clock.instant() + Duration::from_millis(10)).await;
    }
}

/// Leaves one row of every kind: a session, a tombstone, two denylist entries, a login attempt.
async fn leave_rows(database: &SqliteDatabase) {
    let sessions = Sessions::new(database);
    sessions.open(&a_session(a_user_id(), START), START).await;
    let user_id = a_user_id();
    sessions.open(&a_session(user_id, START), START).await;
    sessions.store.end_all(user_id, EndReason::Revoked, request_time_at(START)).await.unwrap();
    SqliteDenylist::new(database).add(an_access_token(START), request_time_at(START)).await.unwrap();
    let email = LimitKeys::derive(b"a key").email(&an_email());
    let ticket = TicketId::from_bytes(*random_bytes(&TestEntropy).unwrap());
    let attempt = LoginAttempt { ticket, email, address: None };
    SqliteLoginLimiter::new(database).reserve(&attempt, request_time_at(START)).await.unwrap();
}

#[tokio::test]
async fn rubbish_is_deleted_an_hour_after_its_time_and_not_before() {
    let folder = Folder::new();
    let database = open_with_busy_upkeep(&folder);
    leave_rows(&database).await;
    assert_eq!(folder.number(ROWS), 5);

    // The tombstone is the first whose time is over: one hour after its end.
    folder.clock.advance(Duration::from_mins(59));
    folder.clock.sleep_until(folder.clock.instant() + Duration::from_millis(100)).await;
    assert_eq!(folder.number(ROWS), 5);
    folder.clock.advance(Duration::from_mins(2));
    eventually(&folder, || folder.number("SELECT count(*) AS number FROM sessions") == 1).await;
    folder.clock.advance(Duration::from_hours(1));
    eventually(&folder, || folder.number(ROWS) == 1).await;

    folder.clock.advance(Duration::from_hours(7 * 24));
    eventually(&folder, || folder.number(ROWS) == 0).await;
}

#[tokio::test]
async fn more_rubbish_than_one_step_deletes_is_deleted_too() {
    let folder = Folder::new();
    let database = open_with_busy_upkeep(&folder);
    let denylist = SqliteDenylist::new(&database);
    let adds = (0..1_200).map(|_| {
        let denylist = denylist.clone();
        async move { denylist.add(an_access_token(START), request_time_at(START)).await }
    });
    for answer in auth_testkit::race(adds).await {
        answer.unwrap();
    }
    assert_eq!(folder.number(ROWS), 1_200);
    folder.clock.advance(Duration::from_hours(2));
    eventually(&folder, || folder.number(ROWS) == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_moved_into_the_database_while_callers_write() {
    let folder = Folder::new();
    let database = folder.open();
    let sessions = Sessions::new(&database);
    let before = fs::metadata(folder.path()).unwrap().len();
    let opens = (0..2_000).map(|_| {
        let (store, session) = (sessions.store.clone(), a_session(a_user_id(), START));
        async move { store.open(&session.opening, request_time_at(START)).await }
    });
    for answer in auth_testkit::race(opens).await {
        answer.unwrap();
    }
    // Without waiting for the interval of five seconds: the writer asks for it.
    eventually(&folder, || fs::metadata(folder.path()).unwrap().len() > before).await;
}
