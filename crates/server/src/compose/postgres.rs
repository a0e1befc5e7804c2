//! Users in PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use auth_adapter_postgres::{Migrated, PostgresConfig, PostgresDatabase, PostgresUserRepository};
use auth_domain::model::Timing;
use auth_domain::ports::{Clock, Finding, PortError, UserRepository, Verdict};

use super::named;
use crate::backend::{Backend, Backends, Depth};
use crate::config::ServerSettings;

/// Returns the users, and adds the database to `backends`; the error names the setting at fault.
pub(super) fn users(
    server: &ServerSettings,
    clock: &Arc<dyn Clock>,
    backends: &mut Backends,
) -> Result<Arc<dyn UserRepository>, String> {
    let database = PostgresDatabase::new(config(server), clock.clone()).map_err(|problem| named(&problem))?;
    backends.push(Arc::new(Postgres(database.clone())));
    Ok(Arc::new(PostgresUserRepository::new(&database)))
}

pub(super) fn problem(server: &ServerSettings) -> Option<String> {
    config(server).check().err().map(|problem| named(&problem))
}

fn config(server: &ServerSettings) -> PostgresConfig {
    PostgresConfig {
        url: server.url.expose().to_owned(),
        ca_file: server.ca_file.clone(),
        allow_plain_text: server.allow_plain_text,
    }
}

struct Postgres(PostgresDatabase);

#[async_trait]
impl Backend for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn ping(&self, timing: Timing) -> Result<(), PortError> {
        self.0.ping(timing).await
    }

    async fn examine(&self, depth: Depth, timing: Timing) -> Result<Vec<Finding>, PortError> {
        let mut findings = self.0.examine(timing).await?;
        let can_be_read = findings.iter().all(|finding| finding.verdict != Verdict::Fault);
        if depth == Depth::Rows && can_be_read {
            findings.extend(self.0.examine_users(timing).await?);
        }
        Ok(findings)
    }

    async fn migrate(&self, timing: Timing) -> Result<String, PortError> {
        Ok(match self.0.migrate(timing).await? {
            Migrated::UpToDate { applied: 0 } => "up to date".to_owned(),
            Migrated::UpToDate { applied } => format!("up to date; migrations applied: {applied}"),
            Migrated::OwnedByThePlatform => {
                "the tables are the platform's and have what is needed; nothing was changed".to_owned()
            }
        })
    }
}
