//! The schema, brought up to date when the database is opened.

use diesel::SqliteConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::result::Error as DriverError;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Why the schema cannot be brought up to date.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// A newer program has applied this migration.
    Newer(String),
    /// The driver cannot take or keep the lock that this needs.
    Driver(DriverError),
    /// A migration fails.
    Failed(String),
}

impl From<DriverError> for Obstacle {
    fn from(error: DriverError) -> Self {
        Self::Driver(error)
    }
}

/// Applies what is missing, in one transaction.
///
/// It takes the write lock before it looks, so that of two processes the second finds the work done.
pub(crate) fn run(connection: &mut SqliteConnection) -> Result<(), Obstacle> {
    connection.immediate_transaction(|connection| {
        if let Some(version) = unknown(connection).map_err(failed)? {
            return Err(Obstacle::Newer(version));
        }
        connection.run_pending_migrations(MIGRATIONS).map(drop).map_err(failed)
    })
}

fn unknown(connection: &mut SqliteConnection) -> diesel::migration::Result<Option<String>> {
    let known: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations()?;
    let is_known = |version: &_| known.iter().any(|migration| migration.name().version() == *version);
    let applied = connection.applied_migrations()?;
    Ok(applied.iter().find(|version| !is_known(version)).map(ToString::to_string))
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` wants it")]
fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> Obstacle {
    Obstacle::Failed(error.to_string())
}
