//! The schema: made where the database is empty, left alone where it is the platform's.

use std::time::{Duration, Instant};

use diesel::deserialize::QueryableByName;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::result::Error as DriverError;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{Connection, RunQueryDsl, sql_query};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::task::spawn_blocking;

use crate::connector::Link;
use crate::error::StoreError;
use crate::limits::bounded;
use crate::tables::{self, Column};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Names the lock that instances which start at once queue for: "hsauthmg".
const LOCK: i64 = 0x6873_6175_7468_6d67;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Blocking = AsyncConnectionWrapper<AsyncPgConnection>;

/// What a migration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrated {
    /// The tables are ours and as this version needs them.
    UpToDate {
        /// How many migrations had to be applied.
        applied: usize,
    },
    /// The tables are the platform's, and fit; nothing was changed.
    OwnedByThePlatform,
}

/// Migrates on a connection of its own, in a thread that may wait: migrations are not asynchronous.
pub(crate) async fn run(link: Link, until: Instant, patience: Duration) -> Result<Migrated, StoreError> {
    // Cutting the connection is what ends the thread when nobody waits for it any more.
    let (connection, _driver) = link.into_parts();
    let work = spawn_blocking(move || migrate(&mut Blocking::from(connection), patience));
    let work =
        async { work.await.unwrap_or_else(|_| Err(StoreError::Unfit("the migration panicked".into()))) };
    bounded(until, work).await
}

/// Looks and changes in one transaction, under a lock: of two instances the second finds the work done.
fn migrate(connection: &mut Blocking, patience: Duration) -> Result<Migrated, StoreError> {
    connection.transaction(|connection| {
        lock(connection, patience)?;
        let found: Found = sql_query(
            "SELECT to_regclass('users') IS NOT NULL OR to_regclass('tenants') IS NOT NULL AS tables,
                    to_regclass('__diesel_schema_migrations') IS NOT NULL AS bookkeeping",
        )
        .get_result(connection)?;
        if found.tables && !found.bookkeeping {
            let columns: Vec<Column> = tables::columns().load(connection)?;
            let fault = tables::faults(&columns).into_iter().next();
            return fault.map_or(Ok(Migrated::OwnedByThePlatform), |fault| Err(StoreError::Unfit(fault)));
        }
        // Asking the harness would try to make the bookkeeping, which a role of few rights may not.
        let applied = if found.bookkeeping { applied(connection)? } else { Vec::new() };
        let pending = pending(&applied)?;
        if pending > 0 {
            connection.run_pending_migrations(MIGRATIONS).map_err(failed)?;
        }
        Ok(Migrated::UpToDate { applied: pending })
    })
}

/// Waits for the lock as long as the caller does; the transaction's end releases it.
fn lock(connection: &mut Blocking, patience: Duration) -> Result<(), DriverError> {
    let millis = patience.as_millis().max(1).to_string();
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

/// Counts the migrations to be applied; one that this program does not know is of a newer one.
fn pending(applied: &[String]) -> Result<usize, StoreError> {
    let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(failed)?;
    let known: Vec<String> = known.iter().map(|migration| migration.name().version().to_string()).collect();
    match applied.iter().find(|version| !known.contains(version)) {
        Some(version) => Err(StoreError::Unfit(format!(
            "the database was made by a newer version (migration {version}); run that version"
        ))),
        None => Ok(known.iter().filter(|version| !applied.contains(version)).count()),
    }
}

fn failed(error: Failure) -> StoreError {
    match error.downcast::<DriverError>() {
        Ok(error) => StoreError::Driver(*error),
        Err(other) => StoreError::Unfit(format!("the schema cannot be brought up to date: {other}")),
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    tables: bool,
    #[diesel(sql_type = Bool)]
    bookkeeping: bool,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}
