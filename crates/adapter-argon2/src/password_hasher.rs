//! Password hashing with Argon2id (RFC 9106).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{HashParameters, Password, PasswordHash, RequestTime};
use auth_domain::ports::{
    Admission, Clock, Credential, Entropy, PasswordCheck, PasswordHasher, PortError, TurnCost,
};
use zeroize::Zeroizing;

use crate::charge::Charge;
use crate::cost::Cost;
use crate::error::HashError;
use crate::formats::{HASH_BYTES, SALT_BYTES, StoredHash, beginning, cost_of, phc};
use crate::memory::Memory;
use crate::pool::Pool;
use crate::{Argon2Config, ConfigError};

/// Hashes and verifies passwords in bounded memory, on the blocking threads.
///
/// Errors after hashing has begun are `Corrupt`; `Overloaded` and `Unavailable` mean that the
/// password was not compared.
pub struct Argon2PasswordHasher {
    pool: Pool,
    entropy: Arc<dyn Entropy>,
    cost: Cost,
    legacy: bool,
}

impl Argon2PasswordHasher {
    /// Allocates all the memory, and measures the time of a turn.
    ///
    /// It computes one hash of the dearest cost, with `legacy` some 200 ms, on the calling
    /// thread: made once, before the service takes requests. Memory is `concurrency` × the greater
    /// of `memory_kib` and, with `legacy`, 64 MiB; it is kept.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting that cannot be used.
    pub fn new(
        config: Argon2Config,
        entropy: Arc<dyn Entropy>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let (cost, legacy) = (config.cost(), config.legacy);
        let charge = least_charge(cost, legacy);
        let mut memories = Vec::with_capacity(config.concurrency);
        for _ in 0..config.concurrency {
            memories.push(Memory::new(charge.blocks())?);
        }
        let mut memory = memories.pop().unwrap_or_default();
        let usual = measure(charge, &mut memory, clock.as_ref())?;
        memories.push(memory);
        Ok(Self { pool: Pool::new(memories, charge, usual, clock), entropy, cost, legacy })
    }

    /// Returns how many passwords can be verified within `wait`, estimated from recent verifications.
    #[must_use]
    pub fn capacity(&self, wait: Duration) -> usize {
        self.pool.capacity(wait)
    }

    /// The hash to compare with, if `credential` has one that can be used.
    fn subject(&self, credential: &Credential) -> Subject {
        let Some(stored) = credential.hash() else { return Subject::Missing };
        match StoredHash::parse(stored.expose(), self.legacy) {
            Ok(hash) => {
                // This hash was stored after the parameters were last read: from now on every turn is charged for it.
                self.pool.set_charge(|charge| charge.with(hash.cost()));
                Subject::Hash { outdated: hash.is_outdated(self.cost), hash }
            }
            Err(reason) => {
                // The port's result has no room for the reason, so this is the one place to log it.
                tracing::error!(event = "stored_hash_unusable", %reason, "a stored password hash cannot be used: its user cannot log in");
                Subject::Unusable
            }
        }
    }
}

#[async_trait]
impl PasswordHasher for Argon2PasswordHasher {
    fn admit(&self, request_time: RequestTime) -> Result<Admission, PortError> {
        self.pool.admit(request_time)
    }

    async fn hash(&self, password: &Password, request_time: RequestTime) -> Result<PasswordHash, PortError> {
        let mut salt = [0; SALT_BYTES];
        self.entropy.fill(&mut salt)?;
        let (cost, password) = (self.cost, copy(password));
        let job = move |memory: &mut Memory| memory.hash(cost, &password, &salt, HASH_BYTES);
        let hash = self.pool.run(self.pool.admit(request_time)?, job).await??;
        Ok(PasswordHash::new(phc(cost, &salt, &hash)))
    }

    async fn verify(
        &self,
        password: &Password,
        credential: Credential,
        admission: Admission,
    ) -> Result<PasswordCheck, PortError> {
        let subject = self.subject(&credential);
        let (charge, is_rejected) = (self.pool.charge(), credential.is_rejected());
        let password = copy(password);
        let job = move |memory: &mut Memory| {
            let check = subject.compare(&password, memory)?;
            if is_rejected || !matches!(check, PasswordCheck::Valid { .. }) {
                complete(charge, subject.work(), &password, memory)?;
            }
            Ok::<_, HashError>(check)
        };
        Ok(self.pool.run(admission, job).await??)
    }

    fn charge_for(&self, stored: &[HashParameters]) -> TurnCost {
        let costs = stored.iter().filter_map(cost_of);
        let charge = costs.fold(least_charge(self.cost, self.legacy), Charge::with);
        self.pool.set_charge(|_| charge);
        TurnCost {
            parameters: beginning(charge.dearest()),
            time: self.pool.usual(charge),
            concurrency: self.pool.concurrency(),
        }
    }
}

/// What a password is compared with.
enum Subject {
    Hash { outdated: bool, hash: StoredHash },
    Missing,
    Unusable,
}

impl Subject {
    fn compare(&self, password: &[u8], memory: &mut Memory) -> Result<PasswordCheck, HashError> {
        match self {
            Self::Hash { outdated, hash } if hash.matches(password, memory)? => {
                Ok(PasswordCheck::Valid { outdated: *outdated })
            }
            Self::Hash { .. } | Self::Missing => Ok(PasswordCheck::Invalid),
            Self::Unusable => Ok(PasswordCheck::Unusable),
        }
    }

    /// The block compressions of the comparison.
    const fn work(&self) -> u64 {
        match self {
            Self::Hash { hash, .. } => hash.cost().work(),
            Self::Missing | Self::Unusable => 0,
        }
    }
}

/// What every turn is charged, whatever is stored.
fn least_charge(current: Cost, legacy: bool) -> Charge {
    let charge = Charge::of(current);
    if legacy { charge.with(Cost::LEGACY) } else { charge }
}

/// Does the rest of the work of a rejected login, so that its turn takes as long as any other.
fn complete(charge: Charge, done: u64, password: &[u8], memory: &mut Memory) -> Result<(), HashError> {
    if let Some(rest) = charge.rest(done) {
        memory.hash(rest, password, &[0; SALT_BYTES], HASH_BYTES)?;
    }
    Ok(())
}

/// Copies the password for the blocking thread, which may outlive the caller; wiped after use.
fn copy(password: &Password) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(password.expose_bytes().to_vec())
}

fn measure(charge: Charge, memory: &mut Memory, clock: &dyn Clock) -> Result<Duration, HashError> {
    let started = clock.instant();
    complete(charge, 0, b"how long does this take", memory)?;
    memory.take_work();
    Ok(clock.instant().saturating_duration_since(started))
}

#[cfg(test)]
mod tests;
