//! The adapter for users in Postgres.

use std::sync::Arc;

use async_trait::async_trait;
use auth_adapter_postgres::{Migrated, Pooler, PostgresConfig, PostgresDatabase, PostgresUserRepository};
use auth_domain::model::{Event, PasswordHash, RequestTime};
use auth_domain::observation::RoundTrips;
use auth_domain::ports::{Check, Clock, PasswordHasher, PortError, Severity, UserRepository};
use tracing::info;

use super::named::named;
use super::purpose::Purpose;
use super::servers::Servers;
use super::stores::{ConnectionSet, On};
use crate::config::{CredentialsBackend, PostgresSettings, Settings};
use crate::dependency::{Dependency, Depth};
use crate::reload::{Prepared, Reloadable};

/// Returns the adapter on each set of connections, and adds the database to the servers.
///
/// # Errors
/// The problem of a setting.
pub(super) fn users(
    settings: &PostgresSettings,
    purpose: Purpose,
    hasher: Arc<dyn PasswordHasher>,
    clock: &Arc<dyn Clock>,
    servers: &mut Servers,
) -> Result<On<Arc<dyn UserRepository>>, String> {
    let database = PostgresDatabase::with_workers(config(settings), clock.clone(), purpose.workers())
        .map_err(|problem| named(&problem))?;
    if let Purpose::Serve { .. } = purpose {
        let at_most = database.max_connections();
        info!(
            event = Event::PostgresConnections.name(),
            at_most, "at most {at_most} connections to Postgres"
        );
    }
    database.renew_from(servers.renewal());
    servers.add(Postgres { database: database.clone(), hasher, clock: clock.clone() });
    Ok(Box::new(move |set| match set {
        ConnectionSet::Process => Arc::new(PostgresUserRepository::new(&database)),
        ConnectionSet::Worker(index) => Arc::new(PostgresUserRepository::new(&database.for_worker(index))),
    }))
}

/// Returns the problem of a setting, if there is one.
pub(super) fn problem(settings: &PostgresSettings) -> Option<String> {
    config(settings).check().err().map(|problem| named(&problem))
}

fn config(settings: &PostgresSettings) -> PostgresConfig {
    PostgresConfig {
        url: settings.server.url.expose().to_owned(),
        ca_file: settings.server.ca_file.clone(),
        client_cert_file: settings.server.client_cert_file.clone(),
        client_key_file: settings.server.client_key_file.clone(),
        allow_plain_text: settings.server.allow_plain_text,
        pool: settings.pool,
        pooler: if settings.pools_transactions { Pooler::Transaction } else { Pooler::None },
    }
}

struct Postgres {
    database: PostgresDatabase,
    hasher: Arc<dyn PasswordHasher>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Dependency for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn round_trips(&self) -> (&'static str, &RoundTrips) {
        ("postgres", self.database.round_trips())
    }

    async fn connect(&self, request_time: RequestTime) -> Result<(), PortError> {
        self.database.connect(request_time).await
    }

    async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        self.database.ping(request_time).await
    }

    async fn diagnose(&self, depth: Depth, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        let mut checks = self.database.diagnose(request_time).await?;
        let can_be_read = checks.iter().all(|check| check.severity != Severity::Error);
        if depth == Depth::Rows && can_be_read {
            let usability = |stored: &PasswordHash| self.hasher.usability(stored);
            checks.extend(self.database.diagnose_users(&usability, request_time).await?);
        }
        Ok(checks)
    }

    async fn migrate(&self, request_time: RequestTime) -> Result<String, PortError> {
        Ok(match self.database.migrate(request_time).await? {
            Migrated::UpToDate { applied: 0 } => "up to date".to_owned(),
            Migrated::UpToDate { applied } => format!("up to date; migrations applied: {applied}"),
            Migrated::OwnedByThePlatform => {
                "the tables belong to the HookSentry platform and are complete; nothing was changed"
                    .to_owned()
            }
        })
    }
}

impl Reloadable for Postgres {
    fn present(&self) -> Option<&dyn Dependency> {
        Some(self)
    }

    fn prepare(&self, settings: &Settings) -> Result<Prepared, String> {
        let CredentialsBackend::Postgres(server) = &settings.credentials else {
            return Ok(Prepared::nothing());
        };
        let clock = self.clock.clone();
        let change = self.database.prepare(config(server)).map_err(|problem| named(&problem))?;
        if change.settings().is_empty() {
            return Ok(Prepared::nothing());
        }
        let database =
            PostgresDatabase::new(config(server), clock.clone()).map_err(|problem| named(&problem))?;
        let hasher = self.hasher.clone();
        Ok(Prepared { change, dependency: Some(Arc::new(Self { database, hasher, clock })) })
    }
}
