//! Two processes on one file: the command line while a server runs.

use std::env;
use std::process::{Child, Command};

use auth_adapter_sqlite::{OpenMode, SqliteConfig, SqliteDatabase};
use auth_domain::model::{EndReason, Rotation};
use auth_domain::ports::SessionStore;
use auth_testkit::{START, TestClock, TestSession, a_session, a_user_id, request_time_at};

use crate::support::{Folder, Sessions};

const PATH: &str = "AUTH_ADAPTER_SQLITE_TEST_PATH";

/// Runs `the_other_process` below in a process of its own.
fn start_another(folder: &Folder) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "processes::the_other_process", "--ignored", "--nocapture"])
        .env(PATH, folder.path())
        .spawn()
        .unwrap()
}

async fn open_many(sessions: &Sessions) -> Vec<TestSession> {
    let mut opened = Vec::new();
    for _ in 0..200 {
        let session = a_session(a_user_id(), START);
        sessions.open(&session, START).await;
        opened.push(session);
    }
    opened
}

#[tokio::test]
#[ignore = "half of `two_processes_write_to_one_file`, which starts it"]
async fn the_other_process() {
    let Ok(path) = env::var(PATH) else { return };
    let database =
        SqliteDatabase::open(&SqliteConfig::new(path), OpenMode::default(), TestClock::new()).unwrap();
    open_many(&Sessions::new(&database)).await;
}

#[tokio::test]
async fn two_processes_write_to_one_file() {
    let folder = Folder::new();
    // All three processes race to create the file and its tables.
    let mut others = [start_another(&folder), start_another(&folder)];
    let database = folder.open();
    let opened = open_many(&Sessions::new(&database)).await;
    for other in &mut others {
        assert!(other.wait().unwrap().success());
    }
    assert_eq!(opened.len(), 200);
    assert_eq!(folder.number("SELECT count(*) AS number FROM sessions"), 600);
    assert_eq!(
        folder.number("SELECT count(*) AS number FROM pragma_quick_check WHERE quick_check = 'ok'"),
        1
    );
}

#[tokio::test]
async fn a_session_ended_by_another_handle_is_ended_at_once() {
    let folder = Folder::new();
    let server = Sessions::new(&folder.open());
    let command_line = Sessions::new(&folder.open());
    for _ in 0..50 {
        let session = a_session(a_user_id(), START);
        server.open(&session, START).await;
        let user_id = session.token.session().user_id;
        let ended =
            command_line.store.end_all(user_id, EndReason::UserInactive, request_time_at(START)).await;
        assert_eq!(ended.unwrap(), 1);
        let (rotation, _) = server.rotate(&session, &session.token, START).await.unwrap();
        assert_eq!(rotation, Rotation::Ended(EndReason::UserInactive));
    }
}
