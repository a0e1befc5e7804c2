//! An in-memory login limiter: the rules of the domain, with seeded faults.

mod fault;
mod perturbed;

pub(crate) use fault::Fault;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::attempt_window::{Attempt, AttemptLimit, AttemptState, Windows, clear};
use auth_domain::model::{LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket};
use auth_domain::ports::{LoginLimiter, PortError};
use auth_testkit::{Fixture, LOGIN_LIMIT, LOGIN_WINDOW};

use perturbed::{reserve, settle};

const LIMIT: AttemptLimit = AttemptLimit { max_failures: LOGIN_LIMIT, window: LOGIN_WINDOW };

#[derive(Default)]
struct Stored {
    emails: HashMap<LimitKey, Vec<Attempt>>,
    addresses: HashMap<LimitKey, Vec<Attempt>>,
}

struct InMemoryLoginLimiter {
    stored: Mutex<Stored>,
    fault: Option<Fault>,
}

#[expect(clippy::unused_async, reason = "the macros await the fixture")]
pub(crate) async fn fixture(fault: Option<Fault>) -> Fixture<dyn LoginLimiter> {
    let limiter = InMemoryLoginLimiter { stored: Mutex::default(), fault };
    Fixture { port: Arc::new(limiter), keep: Box::new(()) }
}

impl Stored {
    fn windows(&self, attempt: &LoginAttempt) -> Windows {
        let window = |windows: &HashMap<_, Vec<_>>, key| windows.get(&key).cloned().unwrap_or_default();
        Windows {
            email: window(&self.emails, attempt.email),
            address: attempt.address.map(|key| window(&self.addresses, key)).unwrap_or_default(),
        }
    }

    fn store(&mut self, attempt: &LoginAttempt, windows: Windows) {
        self.emails.insert(attempt.email, windows.email);
        if let Some(address) = attempt.address {
            self.addresses.insert(address, windows.address);
        }
    }

    /// Removes the failures on an email from every address.
    fn free_addresses(&mut self, email: LimitKey) {
        for window in self.addresses.values_mut() {
            window.retain(|attempt| attempt.email != email || attempt.state == AttemptState::InFlight);
        }
    }
}

impl InMemoryLoginLimiter {
    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap()
    }

    fn in_time(&self, request_time: RequestTime) -> Result<(), PortError> {
        if self.fault == Some(Fault::DeadlineIgnored) { Ok(()) } else { crate::in_time(request_time) }
    }

    /// The attempt with the limit keys that the limiter counts it on.
    fn counted(&self, attempt: &LoginAttempt) -> LoginAttempt {
        let mut attempt = *attempt;
        match self.fault {
            Some(Fault::NoAddressKey) => attempt.address = None,
            Some(Fault::MissingAddressIsOneAddress) => {
                attempt.address = attempt.address.or(Some(LimitKey::from_bytes([0; 16])));
            }
            _ => {}
        }
        attempt
    }
}

#[async_trait]
impl LoginLimiter for InMemoryLoginLimiter {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        self.in_time(request_time)?;
        let (counted, now) = (self.counted(attempt), request_time.now());
        let read = self.lock().windows(&counted);
        let reservation = if self.fault == Some(Fault::ChecksBeforeItCounts) {
            let (reservation, _) = LIMIT.reserve(&counted, read, now);
            tokio::time::sleep(Duration::from_millis(20)).await;
            let mut stored = self.lock();
            if matches!(reservation, Reservation::Reserved(_)) {
                let mut windows = stored.windows(&counted);
                perturbed::count(&mut windows, &counted, now);
                stored.store(&counted, windows);
            }
            reservation
        } else {
            let mut stored = self.lock();
            let (reservation, windows) = reserve(self.fault, &counted, stored.windows(&counted), now);
            stored.store(&counted, windows);
            reservation
        };
        Ok(match reservation {
            Reservation::Reserved(_) => Reservation::Reserved(Ticket { attempt: *attempt }),
            other => other,
        })
    }

    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        self.in_time(request_time)?;
        let counted = self.counted(&ticket.attempt);
        let mut stored = self.lock();
        let windows = stored.windows(&counted);
        let ticket = Ticket { attempt: counted };
        let settled = settle(self.fault, &ticket, outcome, &windows, request_time.now());
        stored.store(&counted, settled);
        if self.fault == Some(Fault::SuccessClearsOtherAddresses) && outcome == Settlement::Succeeded {
            stored.free_addresses(counted.email);
        }
        Ok(())
    }

    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        self.in_time(request_time)?;
        let mut stored = self.lock();
        match self.fault {
            Some(Fault::ClearDoesNothing) => return Ok(()),
            Some(Fault::ClearFreesEveryEmail) => stored.emails.clear(),
            Some(Fault::ClearFreesTheAddresses) => stored.free_addresses(email),
            _ => {}
        }
        if let Some(window) = stored.emails.get_mut(&email) {
            *window = clear(std::mem::take(window), request_time.now());
        }
        Ok(())
    }
}
