//! A database in a temporary folder, and a second connection to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use auth_adapter_sqlite::{
    ConfigError, OpenMode, SqliteConfig, SqliteDatabase, SqliteDenylist, SqliteSessionStore,
};
use auth_domain::model::{RefreshToken, Rotation};
use auth_domain::ports::{PortError, SessionStore};
use auth_testkit::{DENYLIST_MARGIN, TestClock, TestSession, request_time_at};
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use tempfile::TempDir;
use time::OffsetDateTime;

/// A temporary folder for a database.
pub(crate) struct Folder {
    pub(crate) clock: Arc<TestClock>,
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        // In memory if possible: a disk only makes the tests slower.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self { clock: TestClock::new(), folder: folder.unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("auth.db")
    }

    pub(crate) fn config(&self) -> SqliteConfig {
        SqliteConfig::new(self.path())
    }

    pub(crate) fn open(&self) -> SqliteDatabase {
        self.try_open(&self.config(), OpenMode::default()).unwrap()
    }

    pub(crate) fn try_open(
        &self,
        config: &SqliteConfig,
        mode: OpenMode,
    ) -> Result<SqliteDatabase, ConfigError> {
        SqliteDatabase::open(config, mode, self.clock.clone())
    }

    /// Opens the database as the server does.
    pub(crate) fn serve(&self) -> SqliteDatabase {
        self.try_open(&self.config(), OpenMode { mark: true, ..OpenMode::default() }).unwrap()
    }

    /// The error of opening the database.
    pub(crate) fn rejection(&self) -> ConfigError {
        let mode = OpenMode { check_integrity: true, ..OpenMode::default() };
        match self.try_open(&self.config(), mode) {
            Ok(_) => panic!("the database opens"),
            Err(error) => error,
        }
    }

    /// A second connection, as another program has.
    pub(crate) fn connect(&self) -> SqliteConnection {
        let mut connection = SqliteConnection::establish(self.path().to_str().unwrap()).unwrap();
        connection.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
        connection
    }

    /// The column `number` of the one row that a query returns.
    pub(crate) fn number(&self, query: &str) -> i64 {
        sql_query(query).get_result::<Number>(&mut self.connect()).unwrap().number
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The ports for sessions.
pub(crate) struct Sessions {
    pub(crate) store: SqliteSessionStore,
    pub(crate) denylist: SqliteDenylist,
}

impl Sessions {
    pub(crate) fn new(database: &SqliteDatabase) -> Self {
        Self {
            store: SqliteSessionStore::new(database, DENYLIST_MARGIN),
            denylist: SqliteDenylist::new(database, DENYLIST_MARGIN),
        }
    }

    pub(crate) async fn open(&self, session: &TestSession, now: OffsetDateTime) {
        self.store.open(&session.opening, request_time_at(now)).await.unwrap();
    }

    /// Presents a token. Returns the outcome and the successor.
    pub(crate) async fn rotate(
        &self,
        session: &TestSession,
        presented: &RefreshToken,
        now: OffsetDateTime,
    ) -> Result<(Rotation, RefreshToken), PortError> {
        let attempt = session.rotation(presented, now);
        Ok((self.store.rotate(&attempt.rotate, request_time_at(now)).await?, attempt.successor))
    }
}
