//! Connections, set up alike.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use crate::error::StoreError;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Commits.
    Writer,
    /// Reads only.
    Reader,
    /// Moves the log into the database.
    Maintenance,
}

/// Connects to a database that exists.
///
/// Every commit is on disk when it returns (`synchronous`), and what is deleted is overwritten
/// (`secure_delete`). Checkpoints are left to the maintenance thread, so that no caller waits for one.
pub(crate) fn connect(path: &str, role: Role) -> Result<SqliteConnection, StoreError> {
    // SQLite would make a missing file, readable by others and with no tables in it.
    if !Path::new(path).is_file() {
        return Err(StoreError::Disconnected("the file is gone".to_owned()));
    }
    let mut connection =
        SqliteConnection::establish(path).map_err(|error| StoreError::Disconnected(error.to_string()))?;
    connection.batch_execute(role.busy_timeout())?;
    connection.batch_execute(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    match role {
        Role::Reader => connection.batch_execute("PRAGMA query_only = ON")?,
        Role::Writer | Role::Maintenance => {}
    }
    Ok(connection)
}

impl Role {
    /// How long to wait for another process, in milliseconds. The maintenance waits for less than the
    /// writer does, since a checkpoint that waits for readers keeps the writer out.
    const fn busy_timeout(self) -> &'static str {
        match self {
            Self::Writer | Self::Reader => "PRAGMA busy_timeout = 1000",
            Self::Maintenance => "PRAGMA busy_timeout = 250",
        }
    }
}
