//! Steps that no port has: they fail, panic, or take their time.

use std::sync::mpsc::{Receiver, Sender, channel};

use auth_domain::ports::PortErrorKind;
use auth_testkit::{START, TestClock, request_time_at, request_time_past_its_deadline};
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use tempfile::TempDir;

use super::*;

fn database() -> (SqliteDatabase, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config = SqliteConfig::new(folder.path().join("auth.db"));
    (SqliteDatabase::open(config, TestClock::new()).unwrap(), folder)
}

fn insert(connection: &mut SqliteConnection, name: &str) -> Result<(), StoreError> {
    sql_query("INSERT INTO tenants VALUES (randomblob(16), ?, 0, 0)")
        .bind::<Text, _>(name)
        .execute(connection)?;
    Ok(())
}

async fn names(database: &SqliteDatabase) -> Vec<String> {
    let read = |connection: &mut SqliteConnection| {
        Ok(tenants::table.select(tenants::name).order(tenants::name).load(connection)?)
    };
    database.read(request_time_at(START), read).await.unwrap()
}

/// Keeps the writer busy until the sender is dropped; returns once it is.
async fn occupy(database: &SqliteDatabase) -> Sender<()> {
    let (release, released): (Sender<()>, Receiver<()>) = channel();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let work = move |_: &mut SqliteConnection| {
        let _ = begun.send(());
        let _ = released.recv();
        Ok(())
    };
    let pending = submit(&database.0.writes, request_time_at(START).deadline(), work).unwrap();
    drop(pending);
    has_begun.await.unwrap();
    release
}

fn briefly() -> RequestTime {
    request_time_at(START).at_most(Duration::from_millis(50))
}

#[tokio::test]
async fn a_step_that_fails_undoes_itself_and_no_other_of_its_group() {
    let (database, _folder) = database();
    let release = occupy(&database).await;
    let good = |name| {
        let work = move |connection: &mut SqliteConnection| insert(connection, name);
        submit(&database.0.writes, request_time_at(START).deadline(), work).unwrap()
    };
    let first = good("first");
    let bad = submit(&database.0.writes, request_time_at(START).deadline(), |connection| {
        insert(connection, "half")?;
        sql_query("INSERT INTO no_such_table VALUES (1)").execute(connection)?;
        Ok(())
    })
    .unwrap();
    let last = good("last");
    drop(release);

    let clock = &*database.0.clock;
    assert!(first.outcome(clock, GRACE).await.is_ok());
    assert_eq!(bad.outcome(clock, GRACE).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert!(last.outcome(clock, GRACE).await.is_ok());
    assert_eq!(names(&database).await, ["first", "last"]);
}

#[tokio::test]
async fn a_step_that_panics_is_undone_and_the_threads_go_on() {
    let (database, _folder) = database();
    let panicking = |connection: &mut SqliteConnection| -> Result<(), StoreError> {
        insert(connection, "half")?;
        panic!("on purpose");
    };
    let error = database.write(request_time_at(START), panicking).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Corrupt);
    for _ in 0..2 * readers::READERS {
        let panicking = |_: &mut SqliteConnection| -> Result<(), StoreError> { panic!("on purpose") };
        assert!(database.read(request_time_at(START), panicking).await.is_err());
    }
    assert_eq!(names(&database).await, [""; 0]);
    database.ping(request_time_at(START)).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_sqlite_drops_undoes_the_whole_group_and_the_writer_goes_on() {
    let (database, _folder) = database();
    let release = occupy(&database).await;
    let deadline = request_time_at(START).deadline();
    let good = submit(&database.0.writes, deadline, |connection| insert(connection, "good")).unwrap();
    let dropping = submit(&database.0.writes, deadline, |connection| {
        Ok(sql_query("INSERT OR ROLLBACK INTO tenants VALUES (NULL, NULL, 0, 0)").execute(connection)?)
    })
    .unwrap();
    let late = submit(&database.0.writes, deadline, |connection| insert(connection, "late")).unwrap();
    drop(release);

    let clock = &*database.0.clock;
    assert_eq!(good.outcome(clock, GRACE).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert!(dropping.outcome(clock, GRACE).await.is_err());
    assert_eq!(late.outcome(clock, GRACE).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(names(&database).await, [""; 0]);
    database.write(request_time_at(START), |connection| insert(connection, "next")).await.unwrap();
    assert_eq!(names(&database).await, ["next"]);
}

#[tokio::test]
async fn a_step_still_queued_at_its_deadline_never_happens() {
    let (database, _folder) = database();
    let release = occupy(&database).await;
    let error = database.write(briefly(), |connection| insert(connection, "late")).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    drop(release);
    database.ping(request_time_at(START)).await.unwrap();
    assert_eq!(names(&database).await, [""; 0]);
}

#[tokio::test]
async fn a_step_past_its_deadline_is_not_begun() {
    let (database, _folder) = database();
    let request_time = request_time_past_its_deadline(START);
    let written = database.write(request_time, |connection| insert(connection, "late")).await;
    let read = database.read(request_time, |_| Ok(())).await;
    for error in [written.unwrap_err(), read.unwrap_err()] {
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
    }
    assert_eq!(names(&database).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_begun_before_its_deadline_gets_its_outcome_after_it() {
    let (database, _folder) = database();
    let (release, released) = channel::<()>();
    let request_time = briefly();
    let slow = tokio::spawn({
        let database = database.clone();
        async move {
            let work = move |connection: &mut SqliteConnection| {
                let _ = released.recv();
                insert(connection, "slow")
            };
            database.write(request_time, work).await
        }
    });
    database.0.clock.sleep_until(request_time.deadline() + Duration::from_millis(50)).await;
    drop(release);
    slow.await.unwrap().unwrap();
    assert_eq!(names(&database).await, ["slow"]);
}

#[tokio::test]
async fn an_outcome_that_does_not_come_is_said_to_be_unknown() {
    let (database, _folder) = database();
    let (release, released) = channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let work = move |_: &mut SqliteConnection| {
        let _ = begun.send(());
        let _ = released.recv();
        Ok(())
    };
    let pending = submit(&database.0.writes, briefly().deadline(), work).unwrap();
    has_begun.await.unwrap();
    let error = pending.outcome(&*database.0.clock, Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("unknown"));
    drop(release);
}

#[tokio::test]
async fn a_full_queue_is_overloaded_at_once() {
    let (database, _folder) = database();
    let release = occupy(&database).await;
    let deadline = request_time_at(START).deadline();
    let pending: Vec<_> =
        (0..CAPACITY).map(|_| submit(&database.0.writes, deadline, |_| Ok(())).unwrap()).collect();
    let error = database.write(request_time_at(START), |_| Ok(())).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Overloaded);
    drop(release);
    for step in pending {
        step.outcome(&*database.0.clock, GRACE).await.unwrap();
    }
}

#[tokio::test]
async fn closing_finishes_what_is_queued_and_rejects_what_comes_later() {
    let (database, folder) = database();
    let release = occupy(&database).await;
    let deadline = request_time_at(START).deadline();
    let steps: Vec<_> = (0..300)
        .map(|nth| {
            let work = move |connection: &mut SqliteConnection| insert(connection, &nth.to_string());
            submit(&database.0.writes, deadline, work).unwrap()
        })
        .collect();
    drop(release);
    database.close();

    let error = database.ping(request_time_at(START)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    for step in steps {
        step.outcome(&*database.0.clock, GRACE).await.unwrap();
    }
    assert!(!folder.path().join("auth.db-wal").exists(), "the log is in the database");
    let reopened = SqliteDatabase::open(database.config().clone(), Arc::clone(&database.0.clock)).unwrap();
    assert_eq!(names(&reopened).await.len(), 300);
}

#[tokio::test]
async fn a_reader_cannot_write_and_commits_reach_the_disk() {
    let (database, _folder) = database();
    assert!(database.read(request_time_at(START), |connection| insert(connection, "x")).await.is_err());

    let read = |connection: &mut SqliteConnection| {
        Ok(sql_query("PRAGMA synchronous").get_result::<Synchronous>(connection)?.synchronous)
    };
    let full = 2;
    assert_eq!(database.write(request_time_at(START), read).await.unwrap(), full);
}

#[derive(diesel::QueryableByName)]
struct Synchronous {
    #[diesel(sql_type = BigInt)]
    synchronous: i64,
}
