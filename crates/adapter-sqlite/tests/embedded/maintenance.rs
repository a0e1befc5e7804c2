//! The checkpointer and the maintenance thread.

use std::fs;
use std::time::Duration;

use auth_adapter_sqlite::{OpenMode, SqliteDatabase, SqliteDenylist, SqliteLoginLimiter};
use auth_domain::model::{
    EndReason, LimitKey, LimitKeys, LoginAttempt, Origin, Reservation, Settlement, TicketId,
};
use auth_domain::ports::{Clock, Denylist, LoginLimiter, SessionStore, random_bytes};
use auth_testkit::{
    DENYLIST_MARGIN, LOGIN_LIMITS, START, TestEntropy, a_session, a_user_id, an_access_token, an_email,
    request_time_at,
};

use diesel::connection::SimpleConnection;

use crate::support::{Folder, Sessions};

const ROWS: &str = "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM denylist)
                    + (SELECT count(*) FROM login_failures)
                    + (SELECT count(*) FROM refresh_minutes)
                    + (SELECT count(*) FROM login_successes)
                    + (SELECT count(*) FROM login_daily_counts) AS number";

/// The size to which a log is cut.
const LOG_LIMIT: u64 = 32 * 1_024 * 1_024;

fn open_with_frequent_cleanup(folder: &Folder) -> SqliteDatabase {
    let mode = OpenMode {
        cleanup_interval: Duration::from_millis(10),
        start_pause: Duration::ZERO,
        clock_jump_window: Duration::ZERO,
        ..OpenMode::default()
    };
    folder.try_open(&folder.config(), mode).unwrap()
}

// S-61
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_ahead_by_mistake_deletes_nothing() {
    let folder = Folder::new();
    let interval = OpenMode { cleanup_interval: Duration::from_millis(10), ..OpenMode::default() };
    // Fifty intervals; the cleanup would delete the rows within one.
    let wait = Duration::from_millis(500);
    let mode = OpenMode { start_pause: Duration::ZERO, ..interval };
    let database = folder.try_open(&folder.config(), mode).unwrap();
    write_rows(&database).await;
    let rows = folder.number(ROWS);
    folder.clock.advance(Duration::from_hours(8_760));
    tokio::time::sleep(wait).await;
    assert_eq!(folder.number(ROWS), rows, "it was set ahead while the store is open");
    drop(database);
    let database = folder.try_open(&folder.config(), interval).unwrap();
    tokio::time::sleep(wait).await;
    assert_eq!(folder.number(ROWS), rows, "it was ahead at the start");
    drop(database);
}

/// Waits in real time until `done` is true.
async fn eventually(folder: &Folder, mut done: impl FnMut() -> bool) {
    let timeout = folder.clock.instant() + Duration::from_secs(20);
    while !done() {
        assert!(folder.clock.instant() < timeout, "timeout");
        folder.clock.sleep_until(folder.clock.instant() + Duration::from_millis(10)).await;
    }
}

/// Writes a live and an ended session, two denylist entries, a login attempt and a minute with refreshes.
async fn write_rows(database: &SqliteDatabase) {
    let sessions = Sessions::new(database);
    let session = a_session(a_user_id(), START);
    sessions.open(&session, START).await;
    let refresh = session.rotation(&session.token, START).limited(60, 300);
    sessions.store.rotate(&refresh.rotate, request_time_at(START)).await.unwrap();
    let user_id = a_user_id();
    sessions.open(&a_session(user_id, START), START).await;
    sessions.store.end_all(user_id, EndReason::Revoked, request_time_at(START)).await.unwrap();
    SqliteDenylist::new(database, DENYLIST_MARGIN)
        .add(an_access_token(START), request_time_at(START))
        .await
        .unwrap();
    let email = LimitKeys::derive(b"a key").email(&an_email());
    let ticket = TicketId::from_bytes(*random_bytes(&TestEntropy).unwrap());
    let attempt = LoginAttempt { ticket, email, origin: None };
    SqliteLoginLimiter::new(database, LOGIN_LIMITS).reserve(&attempt, request_time_at(START)).await.unwrap();
}

#[tokio::test]
async fn expired_rows_are_deleted_an_hour_after_their_expiry() {
    let folder = Folder::new();
    let database = open_with_frequent_cleanup(&folder);
    write_rows(&database).await;
    assert_eq!(folder.number(ROWS), 6);

    // The ended session is the first to go: one hour after its end.
    folder.clock.advance(Duration::from_mins(59));
    folder.clock.sleep_until(folder.clock.instant() + Duration::from_millis(100)).await;
    assert_eq!(folder.number(ROWS), 6);
    folder.clock.advance(Duration::from_mins(2));
    eventually(&folder, || folder.number("SELECT count(*) AS number FROM sessions") == 1).await;
    folder.clock.advance(Duration::from_hours(1));
    eventually(&folder, || folder.number(ROWS) == 1).await;

    folder.clock.advance(Duration::from_hours(7 * 24));
    eventually(&folder, || folder.number(ROWS) == 0).await;
}

#[tokio::test]
async fn rows_of_the_login_limit_are_deleted_when_they_no_longer_count() {
    let folder = Folder::new();
    let database = open_with_frequent_cleanup(&folder);
    let limiter = SqliteLoginLimiter::new(&database, LOGIN_LIMITS);
    let key = || LimitKey::from_bytes(*random_bytes(&TestEntropy).unwrap());
    let origin = Origin { address: key(), network: None, pair: key(), is_exempt: false };
    let email = key();
    for outcome in [Settlement::Succeeded].into_iter().chain([Settlement::Failed; 10]) {
        let ticket = TicketId::from_bytes(*random_bytes(&TestEntropy).unwrap());
        let attempt = LoginAttempt { ticket, email, origin: Some(origin) };
        let reserved = limiter.reserve(&attempt, request_time_at(START)).await.unwrap();
        let Reservation::Reserved(ticket) = reserved else { panic!("{reserved:?}") };
        limiter.settle(&ticket, outcome, request_time_at(START)).await.unwrap();
    }
    // Ten failures on two keys, two successes, one daily count.
    assert_eq!(folder.number(ROWS), 23);
    folder.clock.advance(Duration::from_hours(2));
    eventually(&folder, || folder.number(ROWS) == 3).await;
    folder.clock.advance(Duration::from_hours(25));
    eventually(&folder, || folder.number(ROWS) == 2).await;
    folder.clock.advance(Duration::from_hours(28 * 24));
    folder.clock.sleep_until(folder.clock.instant() + Duration::from_millis(100)).await;
    assert_eq!(folder.number(ROWS), 2);
    folder.clock.advance(Duration::from_hours(24));
    eventually(&folder, || folder.number(ROWS) == 0).await;
}

#[tokio::test]
async fn more_expired_rows_than_one_job_deletes_are_deleted() {
    let folder = Folder::new();
    let database = open_with_frequent_cleanup(&folder);
    let denylist = SqliteDenylist::new(&database, DENYLIST_MARGIN);
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
async fn the_log_is_checkpointed_while_callers_write() {
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
    // The writer requests it, so it does not wait for the interval of five seconds.
    eventually(&folder, || fs::metadata(folder.path()).unwrap().len() > before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_a_reader_has_held_is_cut_afterwards() {
    let folder = Folder::new();
    let database = folder.open();
    let sessions = Sessions::new(&database);
    let log = folder.path().with_extension("db-wal");
    let size = || fs::metadata(&log).unwrap().len();
    let open_sessions = async || {
        let opens = (0..1_000).map(|_| {
            let (store, session) = (sessions.store.clone(), a_session(a_user_id(), START));
            async move { store.open(&session.opening, request_time_at(START)).await }
        });
        for answer in auth_testkit::race(opens).await {
            answer.unwrap();
        }
    };
    let mut reader = folder.connect();
    reader.batch_execute("BEGIN; SELECT count(*) FROM sessions").unwrap();
    for _ in 0..40 {
        if size() <= LOG_LIMIT {
            open_sessions().await;
        }
    }
    assert!(size() > LOG_LIMIT, "{} bytes are too few for this test", size());

    reader.batch_execute("COMMIT").unwrap();
    for _ in 0..40 {
        open_sessions().await;
        if size() <= LOG_LIMIT {
            return;
        }
    }
    panic!("the log has {} bytes", size());
}
