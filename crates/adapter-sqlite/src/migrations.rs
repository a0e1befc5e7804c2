//! The migrations, which are applied when the database is opened.

use diesel::SqliteConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::result::Error as DriverError;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// An error of the migrations.
#[derive(Debug)]
pub(crate) enum MigrationError {
    /// A newer version of the program has applied this migration.
    Newer(String),
    /// The driver cannot lock the database.
    Driver(DriverError),
    /// A migration fails.
    Failed(String),
}

impl From<DriverError> for MigrationError {
    fn from(error: DriverError) -> Self {
        Self::Driver(error)
    }
}

/// Applies the missing migrations in one transaction.
///
/// The write lock comes first, so that of two processes the second one finds the migrations applied.
pub(crate) fn run(connection: &mut SqliteConnection) -> Result<(), MigrationError> {
    connection.immediate_transaction(|connection| {
        if let Some(version) = unknown(connection).map_err(failed)? {
            return Err(MigrationError::Newer(version));
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

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` passes it")]
fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> MigrationError {
    MigrationError::Failed(error.to_string())
}
