//! Files that are rejected, and the messages.

use std::fs;
use std::sync::Arc;

use auth_adapter_sqlite::{ConfigError, OpenMode, SqliteConfig, SqliteDatabase};
use auth_domain::ports::{PortError, PortErrorKind};
use auth_testkit::{START, a_session, a_user_id};
use diesel::connection::SimpleConnection;

use crate::support::{Folder, Sessions};

/// The rejection is one line that names the file, and the file is as it was.
fn assert_rejected(folder: &Folder, kind: PortErrorKind) -> String {
    let before = fs::read(folder.path()).unwrap();
    let error = folder.rejection();
    let text = error.to_string();
    assert_eq!(fs::read(folder.path()).unwrap(), before);
    assert!(text.contains(folder.path().to_str().unwrap()), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(PortError::from(error).kind(), kind);
    text
}

#[test]
fn a_file_that_is_no_database_is_rejected_and_left_as_it_was() {
    for content in ["x", &"no database at all ".repeat(1_000)] {
        let folder = Folder::new();
        fs::write(folder.path(), content).unwrap();
        let text = assert_rejected(&folder, PortErrorKind::Corrupt);
        assert!(
            text.contains("restore it from a backup, or move it away to start with an empty one"),
            "{text}"
        );
    }
}

// S-25
#[test]
fn a_missing_database_is_created_only_if_the_mode_allows_it() {
    let folder = Folder::new();
    let path = folder.path().with_file_name("data").join("auth.db");
    let config = SqliteConfig::new(&path);
    let existing = OpenMode { create_missing: false, ..OpenMode::default() };
    for _ in 0..2 {
        let Err(error) = folder.try_open(&config, existing) else { panic!("the database opens") };
        assert!(error.to_string().contains("migrate") && error.to_string().contains("auth.db"), "{error}");
        assert_eq!(PortError::from(error).kind(), PortErrorKind::Misconfigured);
        assert!(!path.exists());
    }
    drop(folder.try_open(&SqliteConfig::new(&path), OpenMode::default()).unwrap());
    assert!(folder.try_open(&config, existing).is_ok());
}

#[tokio::test]
async fn a_damaged_database_is_rejected_and_left_as_it_was() {
    let folder = Folder::new();
    let database = folder.open();
    let sessions = Sessions::new(&database);
    for _ in 0..50 {
        sessions.open(&a_session(a_user_id(), START), START).await;
    }
    database.close();
    let mut bytes = fs::read(folder.path()).unwrap();
    let pages = bytes.len() / 4_096;
    for page in 1..pages {
        bytes[page * 4_096..page * 4_096 + 64].fill(0xa5);
    }
    fs::write(folder.path(), bytes).unwrap();
    let text = assert_rejected(&folder, PortErrorKind::Corrupt);
    assert!(text.contains("restore it from a backup"), "{text}");
}

#[test]
fn a_database_of_a_newer_version_is_rejected_and_left_as_it_was() {
    let folder = Folder::new();
    drop(folder.open());
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')";
    folder.connect().batch_execute(newer).unwrap();
    let text = assert_rejected(&folder, PortErrorKind::Misconfigured);
    assert!(text.contains("migrated by a newer version (migration 99990101000000)"), "{text}");
}

#[test]
fn a_database_of_another_program_is_rejected_and_left_as_it_was() {
    let folder = Folder::new();
    folder.connect().batch_execute("CREATE TABLE notes (text TEXT)").unwrap();
    let text = assert_rejected(&folder, PortErrorKind::Misconfigured);
    assert!(text.contains("belongs to another program"), "{text}");
}

#[test]
fn an_error_names_the_folder_that_cannot_be_created() {
    let folder = Folder::new();
    fs::write(folder.path(), "a file, no folder").unwrap();
    let config = SqliteConfig::new(folder.path().join("inner.db"));
    let Err(error) = folder.try_open(&config, OpenMode::default()) else { panic!("the database opens") };
    assert!(matches!(error, ConfigError::Unwritable { .. }), "{error}");
    assert!(error.to_string().contains("auth.db"), "{error}");
    assert!(error.to_string().contains("give this user the right to write there"), "{error}");
}

#[test]
fn names_that_sqlite_treats_specially_are_plain_files() {
    let folder = Folder::new();
    for name in [":memory:", "a?mode=memory", "file:b%20c", "with 'quote' and ünïcode"] {
        let path = folder.path().with_file_name(name);
        drop(folder.try_open(&SqliteConfig::new(&path), OpenMode::default()).unwrap());
        assert!(fs::metadata(&path).unwrap().len() > 0, "{name}");
    }
}

#[test]
fn an_empty_file_becomes_a_database() {
    let folder = Folder::new();
    fs::write(folder.path(), "").unwrap();
    let thorough = OpenMode { check_integrity: true, ..OpenMode::default() };
    drop(folder.try_open(&folder.config(), thorough).unwrap());
    let before = fs::read(folder.path()).unwrap();
    drop(folder.try_open(&folder.config(), thorough).unwrap());
    assert_eq!(fs::read(folder.path()).unwrap(), before);
}

#[test]
fn eight_threads_can_open_a_new_database_at_the_same_time() {
    let folder = Arc::new(Folder::new());
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let folder = Arc::clone(&folder);
            std::thread::spawn(move || folder.open())
        })
        .collect();
    let opened: Vec<SqliteDatabase> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(opened.len(), 8);
}
