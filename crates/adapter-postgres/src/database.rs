//! The database: where calls get their connections from.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::model::RequestTime;
use auth_domain::ports::{Check, Clock, PortError};
use diesel_async::AsyncPgConnection;

use crate::address::Transport;
use crate::config::{ConfigError, PostgresConfig};
use crate::connector::Connector;
use crate::diagnostics;
use crate::error::StoreError;
use crate::limits::{CONNECT, begin};
use crate::links::Links;
use crate::migrations::{self, Migrated};
use crate::pool::{Connections, Lease};
use crate::readiness;
use crate::server_clock::{Reading, now};

/// The database that the users are in.
///
/// A clone is another handle on the same connections.
#[derive(Clone)]
pub struct PostgresDatabase(Arc<Shared>);

struct Shared {
    connector: Arc<Connector>,
    clock: Arc<dyn Clock>,
    links: Links,
    connections: Connections,
}

impl PostgresDatabase {
    /// Prepares everything, and connects when it is first needed.
    ///
    /// # Errors
    /// [`ConfigError`] says which setting is wrong and what to do.
    #[expect(clippy::needless_pass_by_value, reason = "the address is wiped with the last copy of it")]
    pub fn new(config: PostgresConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let connector = Arc::new(Connector::new(&config)?);
        let links = Links::new(Arc::clone(&connector), Arc::clone(&clock));
        let connections = Connections::new(Arc::clone(&connector), Arc::clone(&clock))?;
        Ok(Self(Arc::new(Shared { connector, clock, links, connections })))
    }

    /// Makes the tables where the database is empty, and brings tables of ours up to date.
    ///
    /// In the platform's own database it changes nothing at all.
    ///
    /// # Errors
    /// `Misconfigured` says what the database lacks; `Unavailable` comes at the deadline at the latest.
    pub async fn migrate(&self, request_time: RequestTime) -> Result<Migrated, PortError> {
        begin(&*self.0.clock, request_time)?;
        let connect_until = request_time.deadline().min(self.0.clock.instant() + CONNECT);
        let link = self.0.connector.link(connect_until).await?;
        let patience = request_time.deadline().saturating_duration_since(self.0.clock.instant());
        Ok(migrations::run(link, request_time.deadline(), patience).await?)
    }

    /// Checks that the server answers, is a primary, that its clock agrees with ours, and that it commits a write, for
    /// readiness.
    ///
    /// # Errors
    /// `Unavailable` when the server is a standby; `Misconfigured` when the database is read-only or the clocks are more than two seconds apart; else whatever a lookup would report.
    pub async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        let until = self.begin(request_time)?;
        let link = self.0.links.get(until).await?;
        let question = self.0.links.run(&link, until, now(link.connection()));
        let reading = Reading::take(&*self.0.clock, question).await?;
        reading.check(request_time)?;
        // Not on a shared connection: lookups must not wait behind a commit.
        let lease = self.0.connections.lease(until).await?;
        Ok(lease.run(readiness::commit_a_write(&lease)).await?)
    }

    /// Looks at the server and at the tables: what an administrator has set up.
    ///
    /// # Errors
    /// As of any call, when the server cannot be asked. What is wrong with it is a [`Check`].
    pub async fn diagnose(&self, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        Ok(diagnostics::diagnose(self, request_time).await?)
    }

    /// Looks at every user, a page at a time, as far as the time goes. Checks count, and name nobody.
    ///
    /// # Errors
    /// As of any call.
    pub async fn diagnose_users(&self, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        Ok(diagnostics::examine_rows(self, request_time).await?)
    }

    /// Returns when a call that begins now has to end.
    pub(crate) fn begin(&self, request_time: RequestTime) -> Result<Instant, StoreError> {
        begin(&*self.0.clock, request_time)
    }

    pub(crate) fn links(&self) -> &Links {
        &self.0.links
    }

    /// Lends a connection to one call, which begins now.
    pub(crate) async fn lease(&self, request_time: RequestTime) -> Result<Lease, StoreError> {
        let until = self.begin(request_time)?;
        self.0.connections.lease(until).await
    }

    /// Connects for one long statement, outside the pool.
    pub(crate) async fn connect(&self, request_time: RequestTime) -> Result<AsyncPgConnection, StoreError> {
        let until = request_time.deadline().min(self.0.clock.instant() + CONNECT);
        self.0.connector.exclusive(until).await
    }

    pub(crate) fn transport(&self) -> Transport {
        self.0.connector.transport()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }
}
