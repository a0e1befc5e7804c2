//! The costs of stored password hashes. Every rejected login costs as much as the most expensive one (S-09).

use std::time::Duration;

use auth_domain::model::{Event, HashParameters, HashParametersInUse};
use auth_domain::ports::{Clock, PasswordHasher, PortError, TurnCost, UserRepository, start_request};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::error_chain::error_chain;
use crate::{diagnostics, memory_limit};

/// The timeout of the first read, at the start. If it fails, the background task reads the costs.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(3);
/// The timeout of the background task: enough for a table of many millions of rows.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The period of the background task. The cost of a more expensive hash is charged from its first use in any case.
const PERIOD: Duration = Duration::from_mins(15);
/// The pause after a failed read.
const RETRY: Duration = Duration::from_secs(10);

/// The ports that read the costs of stored hashes, and charge them.
pub(crate) struct HashCosts<'a> {
    pub(crate) users: &'a dyn UserRepository,
    pub(crate) hasher: &'a dyn PasswordHasher,
    pub(crate) clock: &'a dyn Clock,
}

impl HashCosts<'_> {
    /// Reads the costs of stored hashes, and charges every rejected login for the most expensive one.
    ///
    /// # Errors
    /// [`PortError`] if the store failed.
    pub(crate) async fn read(
        &self,
        timeout: Duration,
    ) -> Result<(TurnCost, Vec<HashParametersInUse>), PortError> {
        let in_use = self.users.hash_parameters(start_request(self.clock, timeout)).await?;
        let parameters: Vec<HashParameters> = in_use.iter().map(|each| each.parameters.clone()).collect();
        Ok((self.hasher.charge_for(&parameters), in_use))
    }

    /// Reads the costs before the first login, and returns whether this succeeded.
    pub(crate) async fn read_at_start(&self) -> bool {
        self.read_and_log(START_TIMEOUT, &mut None).await
    }

    /// Reads the costs periodically; `is_read` is whether they were read at the start.
    pub(crate) async fn keep_reading(&self, mut is_read: bool) {
        let mut last = None;
        loop {
            sleep(if is_read { PERIOD } else { RETRY }).await;
            is_read = self.read_and_log(TIMEOUT, &mut last).await;
        }
    }

    async fn read_and_log(&self, timeout: Duration, last: &mut Option<String>) -> bool {
        match self.read(timeout).await {
            Ok((cost, _)) => {
                if last.as_ref() != Some(&cost.parameters) {
                    let turn_ms = u64::try_from(cost.time.as_millis()).unwrap_or(u64::MAX);
                    let (parameters, turns) = (cost.parameters.as_str(), cost.concurrency);
                    info!(
                        event = Event::HashCosts.name(),
                        parameters, turn_ms, turns, "rejected logins cost one such hash"
                    );
                    if let Some(check) = memory_limit::check(&cost) {
                        diagnostics::log("passwords", &[check]);
                    }
                    *last = Some(cost.parameters);
                }
                true
            }
            Err(error) => {
                let reason = error_chain(&error);
                warn!(
                    event = Event::HashCosts.name(),
                    reason, "the costs of stored hashes cannot be read; the read is repeated"
                );
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::mocks::{MockPasswordHasher, MockUserRepository};

    use super::*;
    use crate::system::SystemClock;

    const EXPENSIVE: &str = "$argon2id$v=19$m=262144,t=10,p=16";

    fn in_use() -> Vec<HashParametersInUse> {
        vec![HashParametersInUse { parameters: HashParameters::parse(EXPENSIVE).unwrap(), users: 1 }]
    }

    fn charging() -> MockPasswordHasher {
        let mut hasher = MockPasswordHasher::new();
        hasher
            .expect_charge_for()
            .withf(|stored| stored.len() == 1 && stored[0].as_str() == EXPENSIVE)
            .returning(|_| TurnCost {
                parameters: EXPENSIVE.to_owned(),
                time: Duration::from_secs(1),
                concurrency: 2,
                memory_kib: 262_144,
            });
        hasher
    }

    // S-09
    #[tokio::test]
    async fn stored_parameters_are_charged_from_the_start() {
        let mut users = MockUserRepository::new();
        users.expect_hash_parameters().times(1).returning(|_| Ok(in_use()));
        let costs = HashCosts { users: &users, hasher: &charging(), clock: &SystemClock };
        assert!(costs.read_at_start().await);
    }

    // S-09
    #[tokio::test(start_paused = true)]
    async fn a_failed_read_is_repeated_soon() {
        let mut users = MockUserRepository::new();
        users.expect_hash_parameters().times(1).returning(|_| Err(PortError::unavailable("away")));
        // Ten seconds later, and then every 15 minutes.
        users.expect_hash_parameters().times(5).returning(|_| Ok(in_use()));
        let costs = HashCosts { users: &users, hasher: &charging(), clock: &SystemClock };
        assert!(!costs.read_at_start().await);
        let an_hour = Duration::from_mins(61);
        assert!(tokio::time::timeout(an_hour, costs.keep_reading(false)).await.is_err());
    }
}
