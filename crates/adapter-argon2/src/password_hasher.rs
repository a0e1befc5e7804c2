//! [`PasswordHasher`] with Argon2id (RFC 9106).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{Event, HashParameters, Password, PasswordHash, RequestTime};
use auth_domain::ports::{
    Admission, Clock, Credential, Entropy, PasswordCheck, PasswordHasher, PortError, TurnCost,
};
use tracing::{error, instrument};
use zeroize::Zeroizing;

use crate::comparand::Comparand;
use crate::config::Argon2Config;
use crate::cost::Cost;
use crate::error::{ConfigError, HashError};
use crate::formats::{HASH_BYTES, SALT_BYTES, StoredHash, cost_of, phc, phc_parameters};
use crate::memory::Memory;
use crate::pool::Pool;
use crate::work_target::WorkTarget;

/// The password of the hash that is computed at the start, to measure its time.
const MEASURED_PASSWORD: &[u8] = b"how long does this take";

/// Hashes and verifies passwords in bounded memory, on the blocking threads of tokio.
///
/// An error after hashing has begun is `Corrupt`. `Overloaded` and `Unavailable` mean that the password was not compared.
pub struct Argon2PasswordHasher {
    pool: Pool,
    entropy: Arc<dyn Entropy>,
    cost: Cost,
    legacy: bool,
}

impl Argon2PasswordHasher {
    /// Allocates the memory of all permits, and computes one hash on the calling thread to measure its time. With `legacy`,
    /// this takes about 200 ms.
    ///
    /// The memory is `concurrency` × `memory_kib`; with `legacy`, at least `concurrency` × 64 MiB. It is never freed.
    ///
    /// # Errors
    /// The first problem of `config`, or `CannotHash` if the memory cannot be allocated.
    pub fn new(
        config: Argon2Config,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let (cost, legacy) = (config.cost(), config.legacy);
        let target = minimum_target(cost, legacy);
        let mut memories = Vec::with_capacity(config.concurrency);
        for _ in 0..config.concurrency {
            memories.push(Memory::new(target.blocks())?);
        }
        let mut memory = memories.pop().unwrap_or_default();
        let measured = measure(target, &mut memory, clock.as_ref())?;
        memories.push(memory);
        Ok(Self { pool: Pool::new(memories, target, measured, clock), entropy, cost, legacy })
    }

    /// Returns the number of passwords that can be verified within `wait`, estimated from recent verifications.
    #[must_use]
    pub fn capacity(&self, wait: Duration) -> usize {
        self.pool.capacity(wait)
    }

    /// Parses the stored hash of `credential`.
    fn comparand(&self, credential: &Credential) -> Comparand {
        let Some(stored) = credential.hash() else { return Comparand::Missing };
        match StoredHash::parse(stored.expose(), self.legacy) {
            Ok(hash) => {
                // The hash may have been stored after the parameters of all hashes were read.
                self.pool.update_target(|target| target.including(hash.cost()));
                Comparand::Hash { outdated: hash.is_outdated(self.cost), hash }
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
        let (cost, password) = (self.cost, copy(password));
        let job = move |memory: &mut Memory| memory.hash(cost, &password, &salt, HASH_BYTES);
        let hash = self.pool.run(self.pool.admit(request_time)?, job).await??;
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
                complete(target, comparand.work(), &password, memory)?;
            }
            Ok::<_, HashError>(check)
        };
        Ok(self.pool.run(admission, job).await??)
    }

    #[instrument(level = "debug", skip_all)]
    fn charge_for(&self, stored: &[HashParameters]) -> TurnCost {
        let costs = stored.iter().filter_map(cost_of);
        let target = costs.fold(minimum_target(self.cost, self.legacy), WorkTarget::including);
        self.pool.update_target(|_| target);
        TurnCost {
            parameters: phc_parameters(target.highest_cost()),
            time: self.pool.expected_time(target),
            concurrency: self.pool.concurrency(),
        }
    }
}

/// Returns the target if nothing is known of the stored hashes.
fn minimum_target(current: Cost, legacy: bool) -> WorkTarget {
    let target = WorkTarget::of(current);
    if legacy { target.including(Cost::LEGACY) } else { target }
}

/// Does the remaining work of a rejected login, so that every rejection takes the same time.
fn complete(target: WorkTarget, done: u64, password: &[u8], memory: &mut Memory) -> Result<(), HashError> {
    if let Some(remaining) = target.remaining(done) {
        memory.hash(remaining, password, &[0; SALT_BYTES], HASH_BYTES)?;
    }
    Ok(())
}

/// Copies the password for the blocking thread, which may outlive the caller. The copy is zeroized on drop.
fn copy(password: &Password) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(password.expose_bytes().to_vec())
}

/// Returns the time of a hash with all the work of `target`.
fn measure(target: WorkTarget, memory: &mut Memory, clock: &dyn Clock) -> Result<Duration, HashError> {
    let started = clock.instant();
    complete(target, 0, MEASURED_PASSWORD, memory)?;
    memory.take_work();
    Ok(clock.instant().saturating_duration_since(started))
}

#[cfg(test)]
mod tests;
