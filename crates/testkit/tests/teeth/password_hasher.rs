//! A hasher that hashes nothing: its work is a pause, and its hash is no secret.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{Password, PasswordHash, Timing};
use auth_domain::ports::{PasswordCheck, PasswordHasher, PortError};
use auth_testkit::{PasswordHasherFixture, a_user_id, vectors};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

/// One deviation from the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    AnyPasswordVerifies,
    PasswordIsTrimmed,
    CaseIsFolded,
    PasswordIsCut,
    SaltIsConstant,
    WrongAlgorithm,
    OutdatedNeverSaid,
    OlderFormatUnknown,
    OlderFormatIsCurrent,
    UnusableIsInvalid,
    ParametersNotBounded,
    MissingHashVerifies,
    MissingHashCostsNothing,
    QueueWithoutEnd,
    FullQueueIsUnavailable,
    DroppedCallsKeepTheirPlace,
}

const WORK: Duration = Duration::from_millis(5);
const MAX_WAITING: usize = 450;

struct FakeHasher {
    parameters: &'static str,
    permits: Semaphore,
    waiting: AtomicUsize,
    fault: Option<Fault>,
}

/// A place in the queue, given back when the call ends or is dropped.
struct Place<'a>(&'a FakeHasher);

#[expect(clippy::unused_async, reason = "fixtures are futures")]
pub(crate) async fn fixture(fault: Option<Fault>) -> PasswordHasherFixture {
    PasswordHasherFixture {
        hasher: Arc::new(FakeHasher::new("m=19456,t=2,p=1", fault)),
        other_parameters: Arc::new(FakeHasher::new("m=8192,t=3,p=1", fault)),
        keep: Box::new(()),
    }
}

impl FakeHasher {
    fn new(parameters: &'static str, fault: Option<Fault>) -> Self {
        Self { parameters, permits: Semaphore::new(2), waiting: AtomicUsize::new(0), fault }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn refusal(&self) -> PortError {
        let refusal = if self.has(Fault::FullQueueIsUnavailable) {
            PortError::unavailable
        } else {
            PortError::overloaded
        };
        refusal("the queue is full")
    }

    async fn work(&self, timing: Timing) -> Result<(), PortError> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING && !self.has(Fault::QueueWithoutEnd) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(self.refusal());
        }
        let place = Place(self);
        let permit = if self.has(Fault::QueueWithoutEnd) {
            self.permits.acquire().await.unwrap()
        } else {
            let turn = timeout_at(timing.deadline().into(), self.permits.acquire()).await;
            turn.map_err(|_| self.refusal())?.unwrap()
        };
        tokio::time::sleep(WORK).await;
        drop((permit, place));
        if self.has(Fault::DroppedCallsKeepTheirPlace) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn digest(&self, salt: &str, password: &Password) -> String {
        let text = str::from_utf8(password.expose_bytes()).unwrap();
        let text = match self.fault {
            Some(Fault::PasswordIsTrimmed) => text.trim().to_owned(),
            Some(Fault::CaseIsFolded) => text.to_lowercase(),
            Some(Fault::PasswordIsCut) => text.chars().take(72).collect(),
            Some(Fault::AnyPasswordVerifies) => String::new(),
            _ => text.to_owned(),
        };
        let mut hasher = DefaultHasher::new();
        (salt, text).hash(&mut hasher);
        format!("{:016x}", hasher.finish()).repeat(4)
    }

    fn judge(&self, password: &Password, stored: &str) -> PasswordCheck {
        let unusable =
            if self.has(Fault::UnusableIsInvalid) { PasswordCheck::Invalid } else { PasswordCheck::Unusable };
        let legacy = vectors::legacy_password_hashes().into_iter().find(|case| case.stored == stored);
        if let Some(case) = legacy.filter(|_| !self.has(Fault::OlderFormatUnknown)) {
            let valid = case.password.as_bytes() == password.expose_bytes();
            return check(valid, !self.has(Fault::OlderFormatIsCurrent));
        }
        let parts: Vec<&str> = stored.split('$').collect();
        let ["", _, "v=19", parameters, salt, hash] = parts.as_slice() else { return unusable };
        if hash.len() < 43 {
            return unusable;
        }
        if !["m=19456,t=2,p=1", "m=8192,t=3,p=1"].contains(parameters)
            && !self.has(Fault::ParametersNotBounded)
        {
            return PasswordCheck::Unusable;
        }
        let outdated = *parameters != self.parameters && !self.has(Fault::OutdatedNeverSaid);
        check(self.digest(salt, password) == *hash, outdated)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.0.has(Fault::DroppedCallsKeepTheirPlace) {
            self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn check(valid: bool, outdated: bool) -> PasswordCheck {
    if valid { PasswordCheck::Valid { outdated } } else { PasswordCheck::Invalid }
}

#[async_trait]
impl PasswordHasher for FakeHasher {
    async fn hash(&self, password: &Password, timing: Timing) -> Result<PasswordHash, PortError> {
        self.work(timing).await?;
        let salt = a_user_id().as_uuid().simple().to_string();
        let salt = if self.has(Fault::SaltIsConstant) { "5a".repeat(16) } else { salt };
        let algorithm = if self.has(Fault::WrongAlgorithm) { "argon2i" } else { "argon2id" };
        let (parameters, hash) = (self.parameters, self.digest(&salt, password));
        Ok(PasswordHash::new(format!("${algorithm}$v=19${parameters}${salt}${hash}")))
    }

    async fn verify(
        &self,
        password: &Password,
        stored: Option<PasswordHash>,
        timing: Timing,
    ) -> Result<PasswordCheck, PortError> {
        if stored.is_some() || !self.has(Fault::MissingHashCostsNothing) {
            self.work(timing).await?;
        }
        Ok(match stored {
            Some(stored) => self.judge(password, stored.expose()),
            None => check(self.has(Fault::MissingHashVerifies), false),
        })
    }

    fn refusal_floor(&self) -> Option<Duration> {
        None
    }
}
