//! Opening: from a path to connections that can be trusted, or a sentence that says why not.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::result::Error as DriverError;
use diesel::sql_types::{BigInt, Text};
use diesel::{RunQueryDsl, SqliteConnection, sql_query};

use crate::config::SqliteConfig;
use crate::connection::{Role, connect};
use crate::error::{OpenError, StoreError, is_damage};
use crate::files;
use crate::migrations::{self, Obstacle};
use crate::readers::READERS;

/// How often switching to write-ahead logging is tried while another process holds a lock.
const WAL_ATTEMPTS: usize = 5;

/// A database that is ready to be worked on.
pub(crate) struct Opened {
    /// The absolute path.
    pub(crate) path: PathBuf,
    /// The same as text, as the driver takes it.
    pub(crate) path_text: String,
    pub(crate) writer: SqliteConnection,
    pub(crate) readers: Vec<SqliteConnection>,
    pub(crate) maintenance: SqliteConnection,
}

/// Creates the file if the configuration allows it, checks it before any change, and migrates it.
pub(crate) fn open(config: &SqliteConfig) -> Result<Opened, OpenError> {
    let path = if config.create_missing { files::make(&config.path)? } else { files::find(&config.path)? };
    files::check_size(&path)?;
    let Some(path_text) = path.to_str().map(str::to_owned) else {
        return Err(OpenError::PathNotText(path));
    };
    let connect = |role| connect(&path_text, role).map_err(|error| describe(&path, &error));

    let mut writer = connect(Role::Writer)?;
    inspect(&mut writer, &path, config.check_integrity)?;
    write_ahead(&mut writer, &path)?;
    migrations::run(&mut writer).map_err(|obstacle| describe_obstacle(&path, obstacle))?;
    let readers = (0..READERS).map(|_| connect(Role::Reader)).collect::<Result<_, _>>()?;
    let maintenance = connect(Role::Maintenance)?;
    Ok(Opened { path, path_text, writer, readers, maintenance })
}

/// Reads only: a file that is not ours is left as it is.
fn inspect(connection: &mut SqliteConnection, path: &Path, thorough: bool) -> Result<(), OpenError> {
    let driver = |error: DriverError| describe(path, &error.into());
    let tables: TableCount = sql_query(
        "SELECT count(*) AS tables, count(*) FILTER (WHERE name = '__diesel_schema_migrations') AS ours
         FROM sqlite_schema",
    )
    .get_result(connection)
    .map_err(driver)?;
    if tables.tables > 0 && tables.ours == 0 {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    if thorough {
        let check: QuickCheck = sql_query("PRAGMA quick_check(1)").get_result(connection).map_err(driver)?;
        if check.quick_check != "ok" {
            return Err(OpenError::Damaged { path: path.to_owned(), check: one_line(&check.quick_check) });
        }
    }
    Ok(())
}

/// Switches to write-ahead logging, which the file remembers.
///
/// SQLite does not wait for other processes here as it does elsewhere. Taking the write lock does, so
/// it serves as the wait between two attempts.
fn write_ahead(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
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
    Err(OpenError::Unusable { path: path.to_owned(), check: one_line(&rejection) })
}

fn describe(path: &Path, error: &StoreError) -> OpenError {
    let (path, check) = (path.to_owned(), one_line(&error.to_string()));
    match error {
        StoreError::Driver(driver) if !is_damage(driver) => OpenError::Unusable { path, check },
        StoreError::Disconnected(_) => OpenError::Unusable { path, check },
        StoreError::Driver(_) | StoreError::Contradiction(_) | StoreError::UnreadableUser(_) => {
            OpenError::Damaged { path, check }
        }
    }
}

fn describe_obstacle(path: &Path, obstacle: Obstacle) -> OpenError {
    match obstacle {
        Obstacle::Newer(version) => OpenError::NewerSchema { path: path.to_owned(), version },
        Obstacle::Driver(error) => describe(path, &error.into()),
        Obstacle::Failed(check) => OpenError::Migration { path: path.to_owned(), check: one_line(&check) },
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
struct QuickCheck {
    #[diesel(sql_type = Text)]
    quick_check: String,
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}
