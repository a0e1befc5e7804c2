//! Copies of an open database.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use auth_adapter_sqlite::{BackupError, OpenMode, SqliteConfig, SqliteDatabase, back_up};
use auth_domain::ports::SessionStore;
use auth_testkit::{START, TestClock, a_session, a_user_id, request_time_at};
use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};

use crate::support::{Folder, Sessions};

fn count(path: &Path, query: &str) -> usize {
    sql_query(query).execute(&mut SqliteConnection::establish(path.to_str().unwrap()).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_complete_and_private() {
    let folder = Folder::new();
    let database = folder.serve();
    let sessions = Sessions::new(&database);
    let user_id = a_user_id();
    for _ in 0..200 {
        sessions.open(&a_session(user_id, START), START).await;
    }
    let done = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (done, store) = (done.clone(), sessions.store.clone());
        async move {
            while !done.load(Ordering::Relaxed) {
                let session = a_session(a_user_id(), START);
                store.open(&session.opening, request_time_at(START)).await.unwrap();
            }
        }
    });
    let copy = folder.path().with_file_name("copy.db");
    back_up(&folder.config(), &copy).unwrap();
    done.store(true, Ordering::Relaxed);
    load.await.unwrap();

    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let mode = OpenMode { create_missing: false, check_integrity: true, ..OpenMode::default() };
    let copied = SqliteDatabase::open(&SqliteConfig::new(&copy), mode, TestClock::new()).unwrap();
    let listed = Sessions::new(&copied).store.list(user_id, request_time_at(START)).await.unwrap();
    assert_eq!(listed.len(), 200);
    database.ping(request_time_at(START)).await.unwrap();
}

#[test]
fn a_backup_overwrites_no_file() {
    let folder = Folder::new();
    let _database = folder.serve();
    let copy = folder.path().with_file_name("copy.db");
    for existing in [copy.clone(), folder.path().with_file_name("copy.db.partial")] {
        fs::write(&existing, "").unwrap();
        let error = back_up(&folder.config(), &copy).unwrap_err();
        assert!(matches!(&error, BackupError::Exists(path) if *path == existing), "{error}");
        assert_eq!(fs::metadata(&existing).unwrap().len(), 0);
        fs::remove_file(&existing).unwrap();
    }
    std::os::unix::fs::symlink("missing", &copy).unwrap();
    let error = back_up(&folder.config(), &copy).unwrap_err();
    assert!(
        matches!(&error, BackupError::Exists(path) if *path == copy),
        "a link to a missing file: {error}"
    );
    fs::remove_file(&copy).unwrap();
    back_up(&folder.config(), &copy).unwrap();
    assert!(back_up(&folder.config(), &folder.path()).is_err(), "the database itself");
}

#[test]
fn a_failed_backup_leaves_no_file() {
    let folder = Folder::new();
    let database = folder.serve();
    let copy = folder.path().with_file_name("copy.db");
    let missing = folder.path().with_file_name("missing").join("copy.db");
    assert!(matches!(back_up(&folder.config(), &missing), Err(BackupError::Unwritable { .. })));
    // An unreadable page is an error of the copy.
    drop(database);
    let mut bytes = fs::read(folder.path()).unwrap();
    bytes.get_mut(4_096..).unwrap().fill(7);
    fs::write(folder.path(), bytes).unwrap();
    back_up(&folder.config(), &copy).unwrap_err();
    let left: Vec<_> = fs::read_dir(folder.path().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("copy"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

// S-96
#[tokio::test]
async fn a_backup_in_the_place_of_the_running_database_is_noticed() {
    let folder = Folder::new();
    let database = folder.serve();
    database.ping(request_time_at(START)).await.unwrap();
    let copy = folder.path().with_file_name("copy.db");
    back_up(&folder.config(), &copy).unwrap();
    assert_eq!(count(&copy, "SELECT 1 FROM pragma_application_id WHERE application_id = 0"), 0);
    fs::write(folder.path(), fs::read(&copy).unwrap()).unwrap();
    let error = database.ping(request_time_at(START)).await.unwrap_err();
    let message = std::error::Error::source(&error).unwrap().to_string();
    assert!(message.contains("overwritten"), "{message}");
}
