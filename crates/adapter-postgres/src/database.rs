//! The database: connections, migrations, readiness and diagnostics.

use std::sync::Arc;

use auth_domain::model::{HashUse, PasswordHash, RequestTime};
use auth_domain::observation::{Operation, RoundTrips};
use auth_domain::ports::{Check, Clock, PortError};
use auth_store_connection::{Change, Renewal};
use tracing::instrument;

use crate::clock::{ClockSample, server_time};
use crate::config::PostgresConfig;
use crate::connection::Connections;
use crate::diagnostics;
use crate::error::{ConfigError, POOLER, StoreError};
use crate::migrations::{self, Migrated};
use crate::readiness;
use crate::tables;

/// A PostgreSQL database with the tables `users` and `tenants`.
///
/// A clone shares the connections.
#[derive(Clone)]
pub struct PostgresDatabase(Connections);

impl PostgresDatabase {
    /// Prepares the connections. The first call connects. The sockets of connections are served by the tokio runtime of the
    /// caller who connects.
    ///
    /// # Errors
    /// The first problem of `config`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the password in the URL is zeroized when `config` is dropped"
    )]
    pub fn new(config: PostgresConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Ok(Self(Connections::new(&config, clock, 0)?))
    }

    /// Like [`new`](Self::new), and each of `workers` threads gets a connection for lookups of its own through
    /// [`for_worker`](Self::for_worker). This handle looks users up over the pool, whose sockets are served by the present
    /// runtime, if there is one.
    ///
    /// # Errors
    /// The first problem of `config`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the password in the URL is zeroized when `config` is dropped"
    )]
    pub fn with_workers(
        config: PostgresConfig,
        clock: Arc<dyn Clock>,
        workers: usize,
    ) -> Result<Self, ConfigError> {
        Ok(Self(Connections::new(&config, clock, workers)?))
    }

    /// Returns a handle that looks users up over the connection of a worker, which is opened on the runtime of the first
    /// caller. Writes use the pool. Without such a worker, it is the same as this handle.
    #[must_use]
    pub fn for_worker(&self, index: usize) -> Self {
        Self(self.0.for_worker(index))
    }

    /// Sets where other credentials come from if the server rejects the present ones. Only the first call has an effect.
    pub fn renew_from(&self, renewal: Arc<dyn Renewal>) {
        self.0.renew_from(renewal);
    }

    /// Prepares the use of another URL, or of changed files, for new connections. Open ones stay, unless a server, the database or
    /// the user is another; then they are closed after their statements. Pool and pooler stay.
    ///
    /// # Errors
    /// The first problem of `config`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the password in the URL is zeroized when `config` is dropped"
    )]
    pub fn prepare(&self, config: PostgresConfig) -> Result<Change, ConfigError> {
        self.0.prepare(&config)
    }

    /// Returns the largest number of connections of this process: one for each worker (without workers two), and the pool.
    #[must_use]
    pub fn max_connections(&self) -> usize {
        self.0.max()
    }

    /// Creates the tables in an empty database, or updates tables that this service has created. It changes nothing in
    /// a database of the HookSentry platform.
    ///
    /// # Errors
    /// `Misconfigured` if a column is missing, a privilege is missing, or a newer version has migrated the database;
    /// `Unavailable` if the server does not answer before the deadline.
    #[instrument(level = "debug", skip_all)]
    pub async fn migrate(&self, request_time: RequestTime) -> Result<Migrated, PortError> {
        let connection = self.0.another(request_time).await?;
        let deadline = request_time.deadline();
        let timeout = deadline.saturating_duration_since(self.0.clock.instant());
        Ok(migrations::run(connection, deadline, timeout).await?)
    }

    /// Takes a connection, which is made if none is free.
    ///
    /// # Errors
    /// `Misconfigured` if the server rejects the connection; `Unavailable` if it cannot be reached.
    #[instrument(level = "debug", skip_all)]
    pub async fn connect(&self, request_time: RequestTime) -> Result<(), PortError> {
        self.0.pooled(request_time).await?;
        Ok(())
    }

    /// Checks readiness: the server answers, is a primary, commits a write, and its clock is right.
    ///
    /// # Errors
    /// `Unavailable` if the server is a standby or does not answer; `Misconfigured` if the database is read-only, if the clocks are
    /// more than two seconds apart, if a pooler of transactions is not named in the settings, if a table or column is missing, or if
    /// rows are hidden from the role.
    #[instrument(level = "debug", skip_all)]
    pub async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        // On a pooled connection, because lookups must not wait for a commit.
        let connection = self.0.pooled(request_time).await?;
        let read = connection.run(Operation::Check, server_time(&connection));
        let sample = ClockSample::take(&*self.0.clock, read).await?;
        sample.check(request_time).map_err(StoreError::Misconfigured)?;
        let process = connection.run(Operation::Check, readiness::commit_a_write(&connection)).await?;
        connection.run(Operation::Check, tables::expect_usable(&connection)).await?;
        if self.0.has_unnamed_pooler(&connection, &process) {
            return Err(StoreError::Misconfigured(POOLER.to_owned()).into());
        }
        Ok(())
    }

    /// Checks the server and its tables, for `doctor` and the start-up check.
    ///
    /// # Errors
    /// `Unavailable` or `Misconfigured` if the server cannot be asked. Other problems are values.
    #[instrument(level = "debug", skip_all)]
    pub async fn diagnose(&self, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        Ok(diagnostics::diagnose(&self.0, request_time).await?)
    }

    /// Checks every row of `users`, until the deadline. The results are counts without names.
    ///
    /// # Parameters
    /// - `usability`: whether passwords verify against a stored hash.
    ///
    /// # Errors
    /// As [`diagnose`](Self::diagnose).
    #[instrument(level = "debug", skip_all)]
    pub async fn diagnose_users(
        &self,
        usability: &(dyn Fn(&PasswordHash) -> HashUse + Send + Sync),
        request_time: RequestTime,
    ) -> Result<Vec<Check>, PortError> {
        Ok(diagnostics::diagnose_users(&self.0, usability, request_time).await?)
    }

    /// Reports of the statements of calls, and of the lookups that share one.
    #[must_use]
    pub fn round_trips(&self) -> &RoundTrips {
        self.0.round_trips()
    }

    pub(crate) fn connections(&self) -> Connections {
        self.0.clone()
    }
}
