//! The shared contract suites, run on the embedded store.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its fixtures too")]
#![expect(
    clippy::unused_async,
    reason = "the suites await their fixtures: those of servers have to start them"
)]

use std::sync::Arc;
use std::time::Duration;

use auth_adapter_sqlite::{
    OpenMode, SqliteConfig, SqliteDatabase, SqliteDenylist, SqliteLoginLimiter, SqliteSessionStore,
    SqliteUserRepository,
};
use auth_domain::model::UserId;
use auth_domain::ports::{Denylist, LoginLimiter};
use auth_testkit::{
    DENYLIST_MARGIN, Fixture, LOGIN_LIMITS, SessionFixture, TestClock, UserRepositoryFixture,
};
use diesel::sql_types::Binary;
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use tempfile::TempDir;

auth_testkit::session_store_contract!(fixture = sessions());
auth_testkit::denylist_contract!(fixture = denylist());
auth_testkit::login_limiter_contract!(fixture = limiter());
auth_testkit::user_repository_contract!(fixture = users());

async fn sessions() -> SessionFixture {
    let (database, folder) = database();
    SessionFixture {
        sessions: Arc::new(SqliteSessionStore::new(&database, DENYLIST_MARGIN)),
        denylist: Arc::new(SqliteDenylist::new(&database, DENYLIST_MARGIN)),
        keep: Box::new(folder),
    }
}

async fn denylist() -> Fixture<dyn Denylist> {
    let (database, folder) = database();
    Fixture { port: Arc::new(SqliteDenylist::new(&database, DENYLIST_MARGIN)), keep: Box::new(folder) }
}

async fn limiter() -> Fixture<dyn LoginLimiter> {
    let (database, folder) = database();
    Fixture { port: Arc::new(SqliteLoginLimiter::new(&database, LOGIN_LIMITS)), keep: Box::new(folder) }
}

async fn users() -> UserRepositoryFixture {
    let (database, folder) = database();
    let path = folder.path().join("auth.db").to_str().unwrap().to_owned();
    UserRepositoryFixture {
        users: Arc::new(SqliteUserRepository::new(&database)),
        remove_password: Box::new(move |id| {
            remove_password(&path, id);
            Box::pin(async {})
        }),
        keep: Box::new(folder),
    }
}

fn database() -> (SqliteDatabase, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config = SqliteConfig::new(folder.path().join("auth.db"));
    // The times of the cases are no jumps of the clock, and the cleanup must not go by that clock.
    let cleanup_interval = Duration::from_hours(1);
    let mode = OpenMode { start_pause: Duration::ZERO, cleanup_interval, ..OpenMode::default() };
    (SqliteDatabase::open(&config, mode, TestClock::new()).unwrap(), folder)
}

fn remove_password(path: &str, id: UserId) {
    let mut connection = SqliteConnection::establish(path).unwrap();
    diesel::sql_query("UPDATE users SET password_hash = NULL WHERE id = ?")
        .bind::<Binary, _>(id.as_bytes().as_slice())
        .execute(&mut connection)
        .unwrap();
}
