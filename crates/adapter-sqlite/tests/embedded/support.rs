//! A database in a folder of its own, and a second connection behind its back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use auth_adapter_sqlite::{OpenError, SqliteConfig, SqliteDatabase, SqliteDenylist, SqliteSessionStore};
use auth_domain::model::{RefreshToken, Rotation};
use auth_domain::ports::{PortError, SessionStore};
use auth_testkit::{TestClock, TestSession, request_time_at};
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use tempfile::TempDir;
use time::OffsetDateTime;

/// A folder that may hold a database, which may be open.
pub(crate) struct Folder {
    pub(crate) clock: Arc<TestClock>,
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        // In memory where that is possible: what a disk adds here is only its time.
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
        self.try_open(self.config()).unwrap()
    }

    pub(crate) fn try_open(&self, config: SqliteConfig) -> Result<SqliteDatabase, OpenError> {
        SqliteDatabase::open(config, self.clock.clone())
    }

    /// Opens it and returns why that is not possible.
    pub(crate) fn rejection(&self) -> OpenError {
        let config = SqliteConfig { check_integrity: true, ..self.config() };
        match self.try_open(config) {
            Ok(_) => panic!("the database opens"),
            Err(error) => error,
        }
    }

    /// Connects as another program would.
    pub(crate) fn connect(&self) -> SqliteConnection {
        let mut connection = SqliteConnection::establish(self.path().to_str().unwrap()).unwrap();
        connection.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
        connection
    }

    /// Returns the one number that a query gives under the name `number`.
    pub(crate) fn number(&self, query: &str) -> i64 {
        sql_query(query).get_result::<Number>(&mut self.connect()).unwrap().number
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The ports that know sessions.
pub(crate) struct Sessions {
    pub(crate) store: SqliteSessionStore,
    pub(crate) denylist: SqliteDenylist,
}

impl Sessions {
    pub(crate) fn new(database: &SqliteDatabase) -> Self {
        Self { store: SqliteSessionStore::new(database), denylist: SqliteDenylist::new(database) }
    }

    pub(crate) async fn open(&self, session: &TestSession, now: OffsetDateTime) {
        self.store.open(&session.opening, request_time_at(now)).await.unwrap();
    }

    /// Presents a token; returns what became of it and the successor.
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
