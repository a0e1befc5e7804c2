//! Opening: from a path to connections to a checked and migrated database.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::result::Error as DriverError;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection, sql_query};

use crate::checkpoint::checkpoint;
use crate::config::{OpenMode, SqliteConfig};
use crate::connection::{Role, connect};
use crate::error::{ConfigError, StoreError, is_damage};
use crate::files;
use crate::integrity;
use crate::mark;
use crate::migrations::{self, MigrationError};
use crate::reader::READERS;
use crate::store_files::StoreFiles;

/// The number of attempts to switch to write-ahead logging while another process has a lock.
const WAL_ATTEMPTS: usize = 5;

/// The connections to an opened database.
pub(crate) struct Opened {
    /// The absolute path as text, which the driver needs.
    pub(crate) path_text: String,
    pub(crate) files: StoreFiles,
    pub(crate) writer: SqliteConnection,
    pub(crate) readers: Vec<SqliteConnection>,
    pub(crate) checkpointer: SqliteConnection,
    pub(crate) maintenance: SqliteConnection,
}

/// Creates the file if the mode says so, checks it before any change, and migrates it.
pub(crate) fn open(config: &SqliteConfig, mode: OpenMode) -> Result<Opened, ConfigError> {
    let (path, lock) = (config.path.as_path(), config.server_lock.as_deref());
    let path = if mode.create_missing { files::create(path)? } else { files::find(path)? };
    files::check_size(&path)?;
    let Some(path_text) = path.to_str().map(str::to_owned) else {
        return Err(ConfigError::PathNotText(path));
    };
    let connect = |role| connect(&path_text, role).map_err(|error| describe(&path, &error));

    let mut writer = connect(Role::Writer)?;
    inspect(&mut writer, &path, mode.check_integrity)?;
    write_ahead(&mut writer, &path)?;
    migrations::run(&mut writer).map_err(|error| migration_error(&path, error))?;
    let mark =
        mode.mark.then(|| mark(&mut writer)).transpose().map_err(|error| describe(&path, &error.into()))?;
    let files = StoreFiles::open(&path, mark, lock)
        .map_err(|error| ConfigError::Unusable { path: path.clone(), check: one_line(&error.to_string()) })?;
    let readers = (0..READERS).map(|_| connect(Role::Reader)).collect::<Result<_, _>>()?;
    let (checkpointer, maintenance) = (connect(Role::Checkpointer)?, connect(Role::Reader)?);
    files.check().map_err(|problem| describe(&path, &problem.into()))?;
    Ok(Opened { path_text, files, writer, readers, checkpointer, maintenance })
}

/// Marks the file of a server. The checkpoint writes the mark into the database file.
fn mark(connection: &mut SqliteConnection) -> QueryResult<i32> {
    let mark = mark::renew(connection)?;
    checkpoint(connection)?;
    Ok(mark)
}

/// Checks the file without changing it: it may belong to another program.
fn inspect(connection: &mut SqliteConnection, path: &Path, thorough: bool) -> Result<(), ConfigError> {
    let driver = |error: DriverError| describe(path, &error.into());
    let tables: TableCount = sql_query(
        "SELECT count(*) AS tables, count(*) FILTER (WHERE name = '__diesel_schema_migrations') AS ours
         FROM sqlite_schema",
    )
    .get_result(connection)
    .map_err(driver)?;
    if tables.tables > 0 && tables.ours == 0 {
        return Err(ConfigError::Foreign(path.to_owned()));
    }
    if thorough {
        let check = integrity::check(connection).map_err(driver)?;
        if let Some(check) = check {
            return Err(ConfigError::Damaged { path: path.to_owned(), check });
        }
    }
    Ok(())
}

/// Switches to write-ahead logging, which is a property of the file.
///
/// SQLite does not wait here for the locks of other processes. It waits when it takes the write lock, so that is done between
/// two attempts.
fn write_ahead(connection: &mut SqliteConnection, path: &Path) -> Result<(), ConfigError> {
    let mut rejection = "write-ahead logging is not possible here".to_owned();
    for _ in 0..WAL_ATTEMPTS {
        match sql_query("PRAGMA journal_mode = WAL").get_result::<JournalMode>(connection) {
            Ok(mode) if mode.journal_mode == "wal" => return Ok(()),
            Ok(_) => break,
            Err(error) => rejection = error.to_string(),
        }
        let waited = connection.batch_execute("BEGIN IMMEDIATE; ROLLBACK");
        waited.map_err(|error| describe(path, &error.into()))?;
    }
    Err(ConfigError::Unusable { path: path.to_owned(), check: one_line(&rejection) })
}

fn describe(path: &Path, error: &StoreError) -> ConfigError {
    let (path, check) = (path.to_owned(), one_line(&error.to_string()));
    match error {
        StoreError::Driver(driver) if !is_damage(driver) => ConfigError::Unusable { path, check },
        StoreError::Disconnected(_) | StoreError::Files(_) | StoreError::Commit(_) => {
            ConfigError::Unusable { path, check }
        }
        StoreError::Driver(_) | StoreError::Contradiction(_) | StoreError::UnreadableUser(_) => {
            ConfigError::Damaged { path, check }
        }
    }
}

fn migration_error(path: &Path, error: MigrationError) -> ConfigError {
    match error {
        MigrationError::Newer(version) => ConfigError::NewerSchema { path: path.to_owned(), version },
        MigrationError::Driver(error) => describe(path, &error.into()),
        MigrationError::Failed(check) => {
            ConfigError::Migration { path: path.to_owned(), check: one_line(&check) }
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(QueryableByName)]
struct TableCount {
    #[diesel(sql_type = BigInt)]
    tables: i64,
    #[diesel(sql_type = BigInt)]
    ours: i64,
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}
