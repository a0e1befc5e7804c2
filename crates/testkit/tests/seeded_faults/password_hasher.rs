//! A fake password hasher with seeded faults. Its work is a pause, and its hash is not cryptographic.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{HashFormat, HashParameters, HashUse, Password, PasswordHash, RequestTime};
use auth_domain::ports::{Admission, Credential, PasswordCheck, PasswordHasher, PortError, TurnCost};
use auth_testkit::{PasswordHasherFixture, a_password, a_user_id, vectors};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

/// A deviation from the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    AnyPasswordVerifies,
    PasswordIsTrimmed,
    CaseIsFolded,
    PasswordIsCut,
    SaltIsConstant,
    WrongAlgorithm,
    OutdatedNeverReported,
    LegacyFormatUnknown,
    LegacyFormatIsCurrent,
    UnusableIsInvalid,
    UnusableIsCounted,
    ParametersNotBounded,
    MissingHashVerifies,
    MissingHashCostsNothing,
    CheapHashCostsLess,
    InactiveUserCostsLess,
    QueueIsUnbounded,
    FullQueueIsUnavailable,
    DroppedCallsKeepTheirPlace,
}

const WORK: Duration = Duration::from_millis(5);
/// The work of a legacy hash, the most expensive one.
const MAX_WORK: Duration = Duration::from_millis(30);
const MAX_WAITING: usize = 450;

struct FakeHasher {
    parameters: &'static str,
    permits: Semaphore,
    waiting: Arc<AtomicUsize>,
    fault: Option<Fault>,
}

/// A place in the queue, which is released when the call ends or is dropped.
struct Place {
    waiting: Arc<AtomicUsize>,
    is_kept: bool,
}

#[expect(clippy::unused_async, reason = "the macros await the fixture")]
pub(crate) async fn fixture(fault: Option<Fault>) -> PasswordHasherFixture {
    PasswordHasherFixture {
        hasher: Arc::new(FakeHasher::new("m=19456,t=2,p=1", fault)),
        other_parameters: Arc::new(FakeHasher::new("m=8192,t=3,p=1", fault)),
        keep: Box::new(()),
    }
}

impl FakeHasher {
    fn new(parameters: &'static str, fault: Option<Fault>) -> Self {
        Self { parameters, permits: Semaphore::new(2), waiting: Arc::default(), fault }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn rejection(&self) -> PortError {
        let rejection = if self.has(Fault::FullQueueIsUnavailable) {
            PortError::unavailable
        } else {
            PortError::overloaded
        };
        rejection("the queue is full")
    }

    async fn work(&self, admission: Admission, cost: Duration) -> Result<(), PortError> {
        let request_time = admission.request_time();
        let permit = if self.has(Fault::QueueIsUnbounded) {
            self.permits.acquire().await.unwrap()
        } else {
            let turn = timeout_at(request_time.deadline().into(), self.permits.acquire()).await;
            turn.map_err(|_| self.rejection())?.unwrap()
        };
        tokio::time::sleep(cost).await;
        drop((permit, admission));
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

    fn cost(&self, credential: &Credential, check: PasswordCheck) -> Duration {
        let is_legacy = credential.hash().is_some_and(|hash| hash.expose().contains(':'));
        let is_right = matches!(check, PasswordCheck::Valid { .. });
        match credential {
            _ if is_legacy => MAX_WORK,
            Credential::Active(_) if is_right || self.has(Fault::CheapHashCostsLess) => WORK,
            Credential::Inactive(_) if is_right && self.has(Fault::InactiveUserCostsLess) => WORK,
            Credential::Missing | Credential::Active(_) | Credential::Inactive(_) => MAX_WORK,
        }
    }

    fn check(&self, password: &Password, stored: &str) -> PasswordCheck {
        let unusable =
            if self.has(Fault::UnusableIsInvalid) { PasswordCheck::Invalid } else { PasswordCheck::Unusable };
        let legacy = vectors::legacy_password_hashes().into_iter().find(|case| case.stored == stored);
        if let Some(case) = legacy.filter(|_| !self.has(Fault::LegacyFormatUnknown)) {
            let valid = case.password.as_bytes() == password.expose_bytes();
            return check(valid, !self.has(Fault::LegacyFormatIsCurrent));
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
        let outdated = *parameters != self.parameters && !self.has(Fault::OutdatedNeverReported);
        check(self.digest(salt, password) == *hash, outdated)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_kept {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn check(valid: bool, outdated: bool) -> PasswordCheck {
    if valid { PasswordCheck::Valid { outdated } } else { PasswordCheck::Invalid }
}

#[async_trait]
impl PasswordHasher for FakeHasher {
    fn admit(&self, request_time: RequestTime) -> Result<Admission, PortError> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING && !self.has(Fault::QueueIsUnbounded) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(self.rejection());
        }
        let is_kept = self.has(Fault::DroppedCallsKeepTheirPlace);
        Ok(Admission::new(request_time, Place { waiting: Arc::clone(&self.waiting), is_kept }))
    }

    async fn hash(&self, password: &Password, request_time: RequestTime) -> Result<PasswordHash, PortError> {
        self.work(self.admit(request_time)?, WORK).await?;
        let salt = a_user_id().as_uuid().simple().to_string();
        let salt = if self.has(Fault::SaltIsConstant) { "5a".repeat(16) } else { salt };
        let algorithm = if self.has(Fault::WrongAlgorithm) { "argon2i" } else { "argon2id" };
        let (parameters, hash) = (self.parameters, self.digest(&salt, password));
        Ok(PasswordHash::new(format!("${algorithm}$v=19${parameters}${salt}${hash}")))
    }

    async fn verify(
        &self,
        password: &Password,
        credential: Credential,
        admission: Admission,
    ) -> Result<PasswordCheck, PortError> {
        let stored = credential.hash();
        let check = match stored {
            Some(stored) => self.check(password, stored.expose()),
            None => check(self.has(Fault::MissingHashVerifies), false),
        };
        if stored.is_some() || !self.has(Fault::MissingHashCostsNothing) {
            self.work(admission, self.cost(&credential, check)).await?;
        }
        Ok(check)
    }

    fn usability(&self, stored: &PasswordHash) -> HashUse {
        if vectors::legacy_password_hashes().iter().any(|case| case.stored == stored.expose()) {
            return HashUse::Verifies(HashFormat::Legacy);
        }
        match self.check(&a_password("any password"), stored.expose()) {
            PasswordCheck::Unusable if !self.has(Fault::UnusableIsCounted) => HashUse::Unusable,
            _ => HashUse::Verifies(HashFormat::Argon2id),
        }
    }

    fn charge_for(&self, _stored: &[HashParameters]) -> TurnCost {
        TurnCost {
            parameters: self.parameters.to_owned(),
            time: MAX_WORK,
            concurrency: 2,
            memory_kib: 19_456,
        }
    }
}
