//! Migrations: they create the tables in an empty database, and change nothing in a database of the HookSentry platform.

use std::time::{Duration, Instant};

use diesel::deserialize::QueryableByName;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::result::Error as DriverError;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{Connection, RunQueryDsl, sql_query};
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::task::spawn_blocking;

use crate::connection::{OpenConnection, bounded};
use crate::error::StoreError;
use crate::tables::{Column, column_problems, columns};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The advisory lock of migrations, for instances that start at the same time. The number is "hsauthmg" in ASCII.
const LOCK: i64 = 0x6873_6175_7468_6d67;

type MigrationError = Box<dyn std::error::Error + Send + Sync>;
type Blocking = AsyncConnectionWrapper<OpenConnection>;

/// The result of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrated {
    /// The tables were made by this service and are up to date.
    UpToDate {
        /// The number of migrations applied by this call.
        applied: usize,
    },
    /// The tables were made by the HookSentry platform and have every column in use; nothing was changed.
    OwnedByThePlatform,
}

/// Runs the migrations on a blocking thread, because `diesel_migrations` is synchronous. `timeout` is the time until
/// `deadline`.
pub(crate) async fn run(
    connection: OpenConnection,
    deadline: Instant,
    timeout: Duration,
) -> Result<Migrated, StoreError> {
    // Dropped at the deadline: this closes the connection and so ends the thread.
    let (connection, _socket) = connection.for_migrations();
    let work = spawn_blocking(move || migrate(&mut Blocking::from(connection), timeout));
    let work = async {
        work.await.unwrap_or_else(|_| Err(StoreError::Misconfigured("the migration panicked".to_owned())))
    };
    bounded(deadline, work).await
}

/// Reads and changes the schema in one transaction under a lock, so that only one of two instances migrates.
fn migrate(connection: &mut Blocking, timeout: Duration) -> Result<Migrated, StoreError> {
    connection.transaction(|connection| {
        lock(connection, timeout)?;
        let schema: Schema = sql_query(
            "SELECT to_regclass('users') IS NOT NULL OR to_regclass('tenants') IS NOT NULL AS has_tables,
                    to_regclass('__diesel_schema_migrations') IS NOT NULL AS has_versions",
        )
        .get_result(connection)?;
        if schema.has_tables && !schema.has_versions {
            expect_columns(connection)?;
            return Ok(Migrated::OwnedByThePlatform);
        }
        // `MigrationHarness::applied_migrations` would create the table of versions, which needs another privilege.
        let applied = if schema.has_versions { applied(connection)? } else { Vec::new() };
        let pending = pending(&applied)?;
        if pending > 0 {
            connection.run_pending_migrations(MIGRATIONS).map_err(failed)?;
        }
        expect_columns(connection)?;
        Ok(Migrated::UpToDate { applied: pending })
    })
}

fn expect_columns(connection: &mut Blocking) -> Result<(), StoreError> {
    let columns: Vec<Column> = columns().load(connection)?;
    column_problems(&columns)
        .into_iter()
        .next()
        .map_or(Ok(()), |problem| Err(StoreError::Misconfigured(problem)))
}

/// Waits for the lock. The end of the transaction releases it.
fn lock(connection: &mut Blocking, timeout: Duration) -> Result<(), DriverError> {
    let millis = timeout.as_millis().max(1).to_string();
    sql_query("SELECT set_config('statement_timeout', $1, true)")
        .bind::<Text, _>(millis)
        .execute(connection)?;
    sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(LOCK).execute(connection)?;
    Ok(())
}

fn applied(connection: &mut Blocking) -> Result<Vec<String>, DriverError> {
    let rows = sql_query("SELECT version::text AS version FROM __diesel_schema_migrations ORDER BY version");
    Ok(rows.load::<Version>(connection)?.into_iter().map(|row| row.version).collect())
}

/// Returns the number of migrations to apply.
///
/// # Errors
/// `Misconfigured` if a newer version of this service has applied a migration that this version does not have.
fn pending(applied: &[String]) -> Result<usize, StoreError> {
    let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(failed)?;
    let known: Vec<String> = known.iter().map(|migration| migration.name().version().to_string()).collect();
    match applied.iter().find(|version| !known.contains(version)) {
        Some(version) => Err(StoreError::Misconfigured(format!(
            "the database was migrated by a newer version (migration {version}); run that version"
        ))),
        None => Ok(known.iter().filter(|version| !applied.contains(version)).count()),
    }
}

fn failed(error: MigrationError) -> StoreError {
    match error.downcast::<DriverError>() {
        Ok(error) => StoreError::from(*error),
        Err(other) => StoreError::Misconfigured(format!("cannot apply the migrations: {other}")),
    }
}

#[derive(QueryableByName)]
struct Schema {
    #[diesel(sql_type = Bool)]
    has_tables: bool,
    #[diesel(sql_type = Bool)]
    has_versions: bool,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}
