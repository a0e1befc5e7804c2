//! Changes of the files under an open database (S-96).

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use auth_adapter_sqlite::{SqliteDatabase, SqliteDenylist};
use auth_domain::ports::{Denylist, PortError, PortErrorKind};
use auth_testkit::{DENYLIST_MARGIN, START, a_session, a_user_id, an_access_token, request_time_at};
use diesel::connection::SimpleConnection;

use crate::support::{Folder, Sessions};

/// Longer than readers rely on a check.
const NOTICED: Duration = Duration::from_millis(1_200);

fn file(folder: &Folder, suffix: &str) -> PathBuf {
    folder.path().with_file_name(format!("auth.db{suffix}"))
}

async fn write(database: &SqliteDatabase) -> Result<(), PortError> {
    let denylist = SqliteDenylist::new(database, DENYLIST_MARGIN);
    denylist.add(an_access_token(START), request_time_at(START)).await
}

async fn read(database: &SqliteDatabase) -> Result<bool, PortError> {
    let denylist = SqliteDenylist::new(database, DENYLIST_MARGIN);
    denylist.contains(an_access_token(START).id, request_time_at(START)).await
}

fn assert_problem<T: std::fmt::Debug>(outcome: Result<T, PortError>, parts: &[&str]) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    let message = error.source().unwrap().to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
}

/// The next write fails at once, and so do readiness and, within a second, reads.
async fn assert_noticed(database: &SqliteDatabase, parts: &[&str]) {
    assert_problem(write(database).await, parts);
    assert_problem(database.ping(request_time_at(START)).await, parts);
    tokio::time::sleep(NOTICED).await;
    assert_problem(read(database).await, parts);
}

// S-96
#[tokio::test]
async fn a_file_that_was_replaced_or_removed_is_noticed_until_it_is_back() {
    let folder = Folder::new();
    let database = folder.serve();
    for suffix in ["", "-wal", "-shm"] {
        write(&database).await.unwrap();
        let (path, aside) = (file(&folder, suffix), file(&folder, ".aside"));
        fs::rename(&path, &aside).unwrap();
        assert_noticed(&database, &[path.to_str().unwrap(), "removed"]).await;
        fs::write(&path, "another file").unwrap();
        assert_noticed(&database, &[path.to_str().unwrap(), "replaced", "restart the service"]).await;
        fs::rename(&aside, &path).unwrap();
        database.ping(request_time_at(START)).await.unwrap();
        assert!(!read(&database).await.unwrap());
    }
    assert_eq!(
        folder.number("SELECT count(*) AS number FROM denylist"),
        3,
        "a rejected write changes nothing"
    );
}

// S-96
#[tokio::test]
async fn a_backup_copied_over_the_file_is_noticed() {
    let folder = Folder::new();
    drop(folder.open());
    let backup = fs::read(folder.path()).unwrap();
    let database = folder.serve();
    write(&database).await.unwrap();
    fs::write(folder.path(), backup).unwrap();
    assert_noticed(&database, &["auth.db was overwritten", "restore a backup"]).await;
}

// S-96
#[tokio::test]
async fn a_copy_of_the_running_file_is_noticed_after_the_next_checkpoint() {
    let folder = Folder::new();
    let database = folder.serve();
    let copy = fs::read(folder.path()).unwrap();
    for _ in 0..5 {
        database.ping(request_time_at(START)).await.unwrap();
    }
    folder.connect().batch_execute("PRAGMA wal_checkpoint(PASSIVE)").unwrap();
    write(&database).await.unwrap();
    fs::write(folder.path(), copy).unwrap();
    assert_noticed(&database, &["auth.db was overwritten"]).await;
}

// S-96
#[tokio::test]
async fn a_truncated_file_is_noticed() {
    for (suffix, length) in [("", 0), ("", 8_192), ("-wal", 0), ("-wal", 4_000)] {
        let folder = Folder::new();
        let database = folder.serve();
        write(&database).await.unwrap();
        let path = file(&folder, suffix);
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
        assert_noticed(&database, &[path.to_str().unwrap(), "truncated"]).await;
    }
}

// S-96
#[tokio::test]
async fn a_log_with_other_content_is_noticed() {
    let folder = Folder::new();
    let database = folder.serve();
    write(&database).await.unwrap();
    let path = file(&folder, "-wal");
    let length = usize::try_from(fs::metadata(&path).unwrap().len()).unwrap();
    File::options().write(true).open(&path).unwrap().write_all(&vec![7; length]).unwrap();
    assert_noticed(&database, &["auth.db-wal was overwritten"]).await;
}

// S-96
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_log_loses_nothing_that_was_acknowledged() {
    let folder = Folder::new();
    let database = folder.serve();
    let session = a_session(a_user_id(), START);
    Sessions::new(&database).open(&session, START).await;
    fs::remove_file(file(&folder, "-wal")).unwrap();
    assert_problem(write(&database).await, &["auth.db-wal was removed", "restart the service"]);
    // The log that is left in memory is copied at the end.
    drop(database);
    assert_eq!(folder.number("SELECT count(*) AS number FROM sessions"), 1);
}

// S-96
#[tokio::test]
async fn changes_of_other_sqlite_programs_are_no_problem() {
    let folder = Folder::new();
    let database = folder.serve();
    let mut shell = folder.connect();
    for statements in [
        "INSERT INTO tenants VALUES (randomblob(16), 'one', 0, 0)",
        "PRAGMA wal_checkpoint(PASSIVE)",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "VACUUM; PRAGMA wal_checkpoint(RESTART)",
        "INSERT INTO tenants VALUES (randomblob(16), 'two', 0, 0); PRAGMA wal_checkpoint(TRUNCATE)",
    ] {
        shell.batch_execute(statements).unwrap();
        database.ping(request_time_at(START)).await.unwrap();
        write(&database).await.unwrap();
    }
    assert_eq!(folder.number("SELECT count(*) AS number FROM denylist"), 5);
}

// S-96
#[tokio::test]
async fn a_file_is_checked_while_another_program_writes_it() {
    let folder = Folder::new();
    let database = folder.serve();
    let mut shell = folder.connect();
    let writing = std::thread::spawn(move || {
        for _ in 0..300 {
            let insert = "INSERT INTO tenants VALUES (randomblob(16), hex(randomblob(16)), 0, 0);";
            shell.batch_execute(&format!("{insert} PRAGMA wal_checkpoint(TRUNCATE); {insert}")).unwrap();
        }
    });
    while !writing.is_finished() {
        write(&database).await.unwrap();
        assert!(!read(&database).await.unwrap());
    }
    writing.join().unwrap();
}
