//! Connections to the database.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use crate::error::StoreError;

/// The purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Writes.
    Writer,
    /// Reads.
    Reader,
    /// Checkpoints the write-ahead log.
    Checkpointer,
}

/// Connects to an existing database.
///
/// A commit returns when it is on disk (`synchronous`), and deleted rows are overwritten (`secure_delete`). Checkpoints are
/// the task of the checkpointer, so that no caller waits for one. A log that has grown while a reader prevented its restart is
/// cut to 32 MiB by the first write after the restart (`journal_size_limit`). Other processes may hold locks for a second.
pub(crate) fn connect(path: &str, role: Role) -> Result<SqliteConnection, StoreError> {
    // SQLite would create a missing file, readable for others and without tables.
    if !Path::new(path).is_file() {
        return Err(StoreError::Disconnected("the file does not exist".to_owned()));
    }
    let mut connection =
        SqliteConnection::establish(path).map_err(|error| StoreError::Disconnected(error.to_string()))?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 1000;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = 33554432;",
    )?;
    // The first read opens the log: all connections must have the same one.
    connection.batch_execute("SELECT count(*) FROM sqlite_schema")?;
    match role {
        Role::Reader => connection.batch_execute("PRAGMA query_only = ON")?,
        Role::Writer | Role::Checkpointer => {}
    }
    Ok(connection)
}
