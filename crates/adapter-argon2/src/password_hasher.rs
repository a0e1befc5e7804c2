//! [`PasswordHasher`] with Argon2id (RFC 9106). Hashes of other programs verify if they are accepted.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{Event, HashFormat, HashParameters, HashUse, Password, PasswordHash, RequestTime};
use auth_domain::ports::{
    Admission, Check, Clock, Credential, Entropy, PasswordCheck, PasswordHasher, PortError, TurnCost,
};
use tracing::{error, instrument};
use zeroize::Zeroizing;

use crate::algorithms::HashCost;
use crate::comparand::Comparand;
use crate::config::{Argon2Config, KernelChoice};
use crate::cost::Cost;
use crate::error::{ConfigError, HashError};
use crate::formats::{HASH_BYTES, SALT_BYTES, cost_of, parse, phc, usability};
use crate::kernel::Kernel;
use crate::memory::Memory;
use crate::other_formats::measure_other_formats;
use crate::pool::Pool;
use crate::self_check::Checked;
use crate::work_target::WorkTarget;

/// Hashes and verifies passwords in bounded memory, on threads of their own.
///
/// An error after hashing has begun is `Corrupt`. `Overloaded` and `Unavailable` mean that the password was not compared.
pub struct Argon2PasswordHasher {
    pool: Pool,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    checked: Checked,
    config: Argon2Config,
}

impl Argon2PasswordHasher {
    /// Checks the kernel with small hashes on the calling thread, in about a millisecond. Memory is allocated when it is needed:
    /// at most `concurrency` × that of the largest stored hash.
    ///
    /// # Errors
    /// The first problem of `config`, or `WrongHashes` if even the reference computes wrong hashes.
    pub fn new(
        config: Argon2Config,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let candidate = match config.kernel {
            KernelChoice::Auto => Kernel::fast(),
            KernelChoice::Portable => Kernel::PORTABLE,
        };
        Self::with_candidate(candidate, config, entropy, clock)
    }

    /// Like [`Self::new`], with the kernel that is checked.
    fn with_candidate(
        candidate: Kernel,
        config: Argon2Config,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let checked = Checked::select(candidate, config.cost(), &*clock)
            .map_err(|wrong| ConfigError::WrongHashes(wrong.to_string()))?;
        let others = measure_other_formats(&config, checked.kernel, &clock);
        let (target, pool_clock) = (WorkTarget::minimum(&config), Arc::clone(&clock));
        let pool = Pool::new(&checked, &others, config.concurrency, target, pool_clock);
        Ok(Self { pool, entropy, clock, checked, config })
    }

    /// Returns the name of the kernel in use: its instruction set, or `portable`.
    #[must_use]
    pub const fn kernel(&self) -> &'static str {
        self.checked.kernel.name
    }

    /// Compares a hash of the configured cost, and one of the legacy cost if legacy hashes verify, with those of the reference.
    ///
    /// This takes several times as long as a hash, on the calling thread. It also measures the time of a hash.
    #[must_use]
    pub fn check_kernel(&self) -> Check {
        let costs = [Some(self.config.cost()), self.config.legacy.then_some(Cost::LEGACY)];
        let measured = |time, cost| self.pool.record(time, HashCost::Argon2(cost));
        self.checked.report(costs.into_iter().flatten(), &*self.clock, measured)
    }

    /// Returns the number of passwords that can be verified within `wait`, estimated from recent verifications.
    #[must_use]
    pub fn capacity(&self, wait: Duration) -> usize {
        self.pool.capacity(wait)
    }

    /// Returns the number of passwords whose hash is being computed.
    #[must_use]
    pub fn running(&self) -> usize {
        self.pool.running()
    }

    /// Returns the number of passwords that wait for a permit.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.pool.queued()
    }

    /// Returns the number of passwords since the start that were rejected: no permit was free in time, or there was no memory.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.pool.rejected()
    }

    /// Sets the observer of the time that each password takes in the algorithm of a format. Only the first call has an effect.
    pub fn observe_times(&self, observer: Box<dyn Fn(HashFormat, Duration) + Send + Sync>) {
        self.pool.observe(observer);
    }

    /// Parses the stored hash of `credential`.
    fn comparand(&self, credential: &Credential) -> Comparand {
        let Some(stored) = credential.hash() else { return Comparand::Missing };
        match parse(stored.expose(), &self.config) {
            Ok(hash) => {
                // The hash may have been stored after the parameters of all hashes were read.
                self.pool.update_target(|target| target.including(hash.cost()));
                Comparand::Hash { outdated: hash.is_outdated(self.config.cost()), hash }
            }
            Err(reason) => {
                // Logged here, because `PasswordCheck::Unusable` does not contain the reason.
                error!(event = Event::StoredHashUnusable.name(), %reason, "a stored password hash cannot be used; its user cannot log in until a new password is set");
                Comparand::Unusable
            }
        }
    }
}

#[async_trait]
impl PasswordHasher for Argon2PasswordHasher {
    #[instrument(level = "debug", skip_all)]
    fn admit(&self, request_time: RequestTime) -> Result<Admission, PortError> {
        self.pool.admit(request_time)
    }

    #[instrument(level = "debug", skip_all)]
    async fn hash(&self, password: &Password, request_time: RequestTime) -> Result<PasswordHash, PortError> {
        let mut salt = [0; SALT_BYTES];
        self.entropy.fill(&mut salt)?;
        let (cost, password) = (self.config.cost(), copy(password));
        let job =
            move |memory: &mut Memory| memory.hash(HashCost::Argon2(cost), &password, &salt, HASH_BYTES);
        let hash = self.pool.run(self.pool.admit(request_time)?, job).await?;
        Ok(PasswordHash::new(phc(cost, &salt, &hash)))
    }

    #[instrument(level = "debug", skip_all)]
    async fn verify(
        &self,
        password: &Password,
        credential: Credential,
        admission: Admission,
    ) -> Result<PasswordCheck, PortError> {
        let comparand = self.comparand(&credential);
        let (target, is_rejected) = (self.pool.target(), credential.is_rejected());
        let password = copy(password);
        let job = move |memory: &mut Memory| {
            let check = comparand.compare(&password, memory)?;
            if is_rejected || !matches!(check, PasswordCheck::Valid { .. }) {
                complete(&target, comparand.cost(), &password, memory)?;
            }
            Ok(check)
        };
        self.pool.run(admission, job).await
    }

    #[instrument(level = "debug", skip_all)]
    fn usability(&self, stored: &PasswordHash) -> HashUse {
        usability(stored.expose(), &self.config)
    }

    #[instrument(level = "debug", skip_all)]
    fn charge_for(&self, stored: &[HashParameters]) -> TurnCost {
        let costs = stored.iter().filter_map(|parameters| cost_of(parameters, &self.config));
        let target = costs.fold(WorkTarget::minimum(&self.config), WorkTarget::including);
        self.pool.update_target(|_| target);
        TurnCost {
            parameters: target.parameters(),
            time: self.pool.expected_time(target),
            concurrency: self.pool.concurrency(),
            memory_kib: target.blocks(),
        }
    }
}

/// Does the remaining work of a rejected login, so that every rejection takes the same time.
fn complete(
    target: &WorkTarget,
    done: Option<HashCost>,
    password: &[u8],
    memory: &mut Memory,
) -> Result<(), HashError> {
    for remaining in target.remaining(done) {
        memory.hash(remaining, password, &[0; SALT_BYTES], HASH_BYTES)?;
    }
    Ok(())
}

/// Copies the password for the thread of the job, which may outlive the caller. The copy is zeroized on drop.
fn copy(password: &Password) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(password.expose_bytes().to_vec())
}

#[cfg(test)]
mod tests;
