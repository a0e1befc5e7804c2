//! Jobs that no port has: they fail, panic, or are slow.

use std::sync::mpsc::{Receiver, Sender, channel};

use auth_domain::ports::PortErrorKind;
use auth_testkit::{START, TestClock, request_time_at, request_time_past_its_deadline};
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryDsl, RunQueryDsl, sql_query};
use tempfile::TempDir;

use super::*;
use crate::job_queue::CAPACITY;
use crate::schema::tenants;

fn database() -> (SqliteDatabase, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (open(&folder), folder)
}

fn open(folder: &TempDir) -> SqliteDatabase {
    let config = SqliteConfig::new(folder.path().join("auth.db"));
    SqliteDatabase::open(&config, OpenMode::default(), TestClock::new()).unwrap()
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
    database.read(Operation::Check, request_time_at(START), read).await.unwrap()
}

/// Blocks the writer until the sender is dropped.
async fn occupy(database: &SqliteDatabase) -> Sender<()> {
    let (release, released): (Sender<()>, Receiver<()>) = channel();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let work = move |_: &mut SqliteConnection| {
        let _ = begun.send(());
        let _ = released.recv();
        Ok(())
    };
    let pending = database.0.writes.submit(request_time_at(START).deadline(), work).unwrap();
    drop(pending);
    has_begun.await.unwrap();
    release
}

fn briefly() -> RequestTime {
    request_time_at(START).at_most(Duration::from_millis(50))
}

#[tokio::test]
async fn a_job_that_fails_is_rolled_back_alone() {
    let (database, _folder) = database();
    let release = occupy(&database).await;
    let good = |name| {
        let work = move |connection: &mut SqliteConnection| insert(connection, name);
        database.0.writes.submit(request_time_at(START).deadline(), work).unwrap()
    };
    let first = good("first");
    let bad = database
        .0
        .writes
        .submit(request_time_at(START).deadline(), |connection| {
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
async fn a_job_that_panics_is_rolled_back_and_the_threads_continue() {
    let (database, _folder) = database();
    let panicking = |connection: &mut SqliteConnection| -> Result<(), StoreError> {
        insert(connection, "half")?;
        panic!("on purpose");
    };
    let error = database.write(Operation::Check, request_time_at(START), panicking).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Corrupt);
    for _ in 0..2 * reader::READERS {
        let panicking = |_: &mut SqliteConnection| -> Result<(), StoreError> { panic!("on purpose") };
        assert!(database.read(Operation::Check, request_time_at(START), panicking).await.is_err());
    }
    assert_eq!(names(&database).await, [""; 0]);
    database.ping(request_time_at(START)).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_sqlite_rolls_back_fails_the_whole_group() {
    let (database, _folder) = database();
    let release = occupy(&database).await;
    let deadline = request_time_at(START).deadline();
    let good = database.0.writes.submit(deadline, |connection| insert(connection, "good")).unwrap();
    let dropping = database
        .0
        .writes
        .submit(deadline, |connection| {
            Ok(sql_query("INSERT OR ROLLBACK INTO tenants VALUES (NULL, NULL, 0, 0)").execute(connection)?)
        })
        .unwrap();
    let late = database.0.writes.submit(deadline, |connection| insert(connection, "late")).unwrap();
    drop(release);

    let clock = &*database.0.clock;
    assert_eq!(good.outcome(clock, GRACE).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert!(dropping.outcome(clock, GRACE).await.is_err());
    assert_eq!(late.outcome(clock, GRACE).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(names(&database).await, [""; 0]);
    database
        .write(Operation::Check, request_time_at(START), |connection| insert(connection, "next"))
        .await
        .unwrap();
    assert_eq!(names(&database).await, ["next"]);
}

#[tokio::test]
async fn a_commit_that_fails_has_an_unknown_outcome() {
    let (database, _folder) = database();
    let work = |connection: &mut SqliteConnection| {
        sql_query("PRAGMA defer_foreign_keys = ON").execute(connection)?;
        let without_tenant = "INSERT INTO users VALUES (x'01', x'02', 'a@b.c', NULL, 0, 0, 0, 0)";
        Ok(sql_query(without_tenant).execute(connection)?)
    };
    let error = database.write(Operation::Check, request_time_at(START), work).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unanswered);
    database
        .write(Operation::Check, request_time_at(START), |connection| insert(connection, "next"))
        .await
        .unwrap();
    assert_eq!(names(&database).await, ["next"]);
}

#[tokio::test]
async fn a_log_removed_before_the_commit_gives_an_unknown_outcome() {
    let (database, folder) = database();
    let (log, aside) = (folder.path().join("auth.db-wal"), folder.path().join("aside"));
    let work = {
        let (log, aside) = (log.clone(), aside.clone());
        move |connection: &mut SqliteConnection| {
            std::fs::rename(log, aside).unwrap();
            insert(connection, "written")
        }
    };
    let error = database.write(Operation::Check, request_time_at(START), work).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unanswered);
    std::fs::rename(aside, log).unwrap();
    assert_eq!(names(&database).await, ["written"]);
}

#[tokio::test]
async fn a_job_still_queued_at_its_deadline_is_never_run() {
    let (database, _folder) = database();
    let release = occupy(&database).await;
    let error = database
        .write(Operation::Check, briefly(), |connection| insert(connection, "late"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    drop(release);
    database.ping(request_time_at(START)).await.unwrap();
    assert_eq!(names(&database).await, [""; 0]);
}

#[tokio::test]
async fn a_job_past_its_deadline_is_not_started() {
    let (database, _folder) = database();
    let request_time = request_time_past_its_deadline(START);
    let written =
        database.write(Operation::Check, request_time, |connection| insert(connection, "late")).await;
    let read = database.read(Operation::Check, request_time, |_| Ok(())).await;
    for error in [written.unwrap_err(), read.unwrap_err()] {
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
    }
    assert_eq!(names(&database).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_started_before_its_deadline_returns_its_outcome_after_it() {
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
            database.write(Operation::Check, request_time, work).await
        }
    });
    database.0.clock.sleep_until(request_time.deadline() + Duration::from_millis(50)).await;
    drop(release);
    slow.await.unwrap().unwrap();
    assert_eq!(names(&database).await, ["slow"]);
}

#[tokio::test]
async fn a_job_that_does_not_finish_has_an_unknown_outcome() {
    let (database, _folder) = database();
    let (release, released) = channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let work = move |_: &mut SqliteConnection| {
        let _ = begun.send(());
        let _ = released.recv();
        Ok(())
    };
    let pending = database.0.writes.submit(briefly().deadline(), work).unwrap();
    has_begun.await.unwrap();
    let error = pending.outcome(&*database.0.clock, Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unanswered);
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("unknown"));
    drop(release);
}

#[tokio::test]
async fn a_full_queue_is_overloaded_at_once() {
    let (database, _folder) = database();
    let release = occupy(&database).await;
    let deadline = request_time_at(START).deadline();
    let pending: Vec<_> =
        (0..CAPACITY).map(|_| database.0.writes.submit(deadline, |_| Ok(())).unwrap()).collect();
    let error = database.write(Operation::Check, request_time_at(START), |_| Ok(())).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Overloaded);
    drop(release);
    for job in pending {
        job.outcome(&*database.0.clock, GRACE).await.unwrap();
    }
}

#[tokio::test]
async fn closing_finishes_queued_jobs_and_rejects_later_ones() {
    let (database, folder) = database();
    let release = occupy(&database).await;
    let deadline = request_time_at(START).deadline();
    let jobs: Vec<_> = (0..300)
        .map(|nth| {
            let work = move |connection: &mut SqliteConnection| insert(connection, &nth.to_string());
            database.0.writes.submit(deadline, work).unwrap()
        })
        .collect();
    drop(release);
    database.close();

    let error = database.ping(request_time_at(START)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    for job in jobs {
        job.outcome(&*database.0.clock, GRACE).await.unwrap();
    }
    assert!(!folder.path().join("auth.db-wal").exists(), "the log is in the database");
    assert_eq!(names(&open(&folder)).await.len(), 300);
}

#[tokio::test]
async fn a_reader_cannot_write_and_commits_reach_the_disk() {
    let (database, _folder) = database();
    assert!(
        database
            .read(Operation::Check, request_time_at(START), |connection| insert(connection, "x"))
            .await
            .is_err()
    );

    let read = |connection: &mut SqliteConnection| {
        Ok(sql_query("PRAGMA synchronous").get_result::<Synchronous>(connection)?.synchronous)
    };
    let full = 2;
    assert_eq!(database.write(Operation::Check, request_time_at(START), read).await.unwrap(), full);
}

#[derive(diesel::QueryableByName)]
struct Synchronous {
    #[diesel(sql_type = BigInt)]
    synchronous: i64,
}
