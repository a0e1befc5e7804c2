//! Password hashing with Argon2id (RFC 9106).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{Password, PasswordHash, Timing};
use auth_domain::ports::{Clock, Entropy, PasswordCheck, PasswordHasher, PortError};
use zeroize::Zeroizing;

use crate::cost::Cost;
use crate::error::HashError;
use crate::formats::{HASH_BYTES, SALT_BYTES, StoredHash, phc};
use crate::memory::Memory;
use crate::pool::Pool;
use crate::{Argon2Config, ConfigError};

/// Hashes and verifies passwords in bounded memory, on the blocking threads.
///
/// Failures after hashing has begun are `Corrupt`; `Overloaded` and `Unavailable` mean that the
/// password was not looked at.
pub struct Argon2PasswordHasher {
    pool: Pool,
    entropy: Arc<dyn Entropy>,
    cost: Cost,
    legacy: bool,
    refusal_floor: Option<Duration>,
}

impl Argon2PasswordHasher {
    /// Takes all the memory, and measures what a hash costs here.
    ///
    /// It computes one hash, and with `legacy` one of the older format (some 200 ms) on the calling
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
        let ordinary = if legacy { cost.blocks().max(Cost::LEGACY.blocks()) } else { cost.blocks() };
        let mut memories = Vec::with_capacity(config.concurrency);
        for _ in 0..config.concurrency {
            memories.push(Memory::new(ordinary)?);
        }
        let mut memory = memories.pop().unwrap_or_default();
        let usual = measure(cost, &mut memory, clock.as_ref())?;
        // A quarter more than measured, because the next one may be slower.
        let refusal_floor =
            if legacy { Some(measure(Cost::LEGACY, &mut memory, clock.as_ref())? * 5 / 4) } else { None };
        memories.push(memory);
        Ok(Self { pool: Pool::new(memories, usual, clock), entropy, cost, legacy, refusal_floor })
    }

    /// Returns how many passwords can be verified within `wait`, by what a verification has cost of late.
    #[must_use]
    pub fn capacity(&self, wait: Duration) -> usize {
        self.pool.capacity(wait)
    }

    /// Chooses what to compare with: always one hash, so that every answer costs the same.
    fn subject(&self, stored: Option<&PasswordHash>) -> (Subject, StoredHash) {
        let Some(stored) = stored else {
            return (Subject::Missing, StoredHash::dummy(self.cost));
        };
        match StoredHash::parse(stored.expose(), self.legacy) {
            Ok(hash) => (Subject::Hash { outdated: hash.is_outdated(self.cost) }, hash),
            Err(reason) => {
                // The port's answer has no room for the reason, so this is the one place to log it.
                tracing::error!(%reason, "a stored password hash cannot be used: its user cannot log in");
                (Subject::Unusable, StoredHash::dummy(self.cost))
            }
        }
    }
}

#[async_trait]
impl PasswordHasher for Argon2PasswordHasher {
    async fn hash(&self, password: &Password, timing: Timing) -> Result<PasswordHash, PortError> {
        let mut salt = [0; SALT_BYTES];
        self.entropy.fill(&mut salt)?;
        let (cost, password) = (self.cost, copy(password));
        let job = move |memory: &mut Memory| memory.hash(cost, &password, &salt, HASH_BYTES);
        let hash = self.pool.run(timing, job).await??;
        Ok(PasswordHash::new(phc(cost, &salt, &hash)))
    }

    async fn verify(
        &self,
        password: &Password,
        stored: Option<PasswordHash>,
        timing: Timing,
    ) -> Result<PasswordCheck, PortError> {
        let (subject, hash) = self.subject(stored.as_ref());
        let password = copy(password);
        let job = move |memory: &mut Memory| hash.matches(&password, memory);
        let equal = self.pool.run(timing, job).await??;
        Ok(match subject {
            Subject::Hash { outdated } if equal => PasswordCheck::Valid { outdated },
            Subject::Hash { .. } | Subject::Missing => PasswordCheck::Invalid,
            Subject::Unusable => PasswordCheck::Unusable,
        })
    }

    fn refusal_floor(&self) -> Option<Duration> {
        self.refusal_floor
    }
}

/// What a password is compared with.
enum Subject {
    Hash { outdated: bool },
    Missing,
    Unusable,
}

/// Copies the password for the blocking thread, which may outlive the caller; wiped after use.
fn copy(password: &Password) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(password.expose_bytes().to_vec())
}

fn measure(cost: Cost, memory: &mut Memory, clock: &dyn Clock) -> Result<Duration, HashError> {
    let started = clock.instant();
    StoredHash::dummy(cost).matches(b"how long does this take", memory)?;
    Ok(clock.instant().saturating_duration_since(started))
}

#[cfg(test)]
mod tests;
