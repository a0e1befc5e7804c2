//! An in-memory login limiter: the rules of the domain, with seeded faults.

mod fault;
mod perturbed;

pub(crate) use fault::Fault;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::attempt_window::{AttemptState, clear};
use auth_domain::model::{
    ClearedLimit, EmailLimitStatus, LimitKey, LoginAttempt, Origin, RequestTime, Reservation, Settlement,
    Ticket,
};
use auth_domain::ports::{LoginLimiter, PortError};
use auth_testkit::Fixture;
use auth_testkit::generated::LimitModel;

use perturbed::{reserve, settle};

struct InMemoryLoginLimiter {
    stored: Mutex<LimitModel>,
    fault: Option<Fault>,
}

#[expect(clippy::unused_async, reason = "the macros await the fixture")]
pub(crate) async fn fixture(fault: Option<Fault>) -> Fixture<dyn LoginLimiter> {
    let limits = fault::limits(fault);
    let limiter = InMemoryLoginLimiter { stored: Mutex::new(LimitModel::new(limits)), fault };
    Fixture { port: Arc::new(limiter), keep: Box::new(()) }
}

/// Removes the failures on an email from the windows of every other key.
fn free_other_keys(stored: &mut LimitModel, email: LimitKey) {
    for (_, window) in stored.windows_mut().filter(|(key, _)| **key != email) {
        window.retain(|attempt| attempt.email != email || attempt.state == AttemptState::InFlight);
    }
}

impl InMemoryLoginLimiter {
    fn lock(&self) -> MutexGuard<'_, LimitModel> {
        self.stored.lock().unwrap()
    }

    fn in_time(&self, request_time: RequestTime) -> Result<(), PortError> {
        if self.fault == Some(Fault::DeadlineIgnored) { Ok(()) } else { crate::in_time(request_time) }
    }

    /// The attempt with the limit keys that the limiter counts it on.
    fn counted(&self, attempt: &LoginAttempt) -> LoginAttempt {
        let mut attempt = *attempt;
        match (self.fault, &mut attempt.origin) {
            (Some(Fault::NoAddressKey), Some(origin)) => origin.is_exempt = true,
            (Some(Fault::NoNetworkKey), Some(origin)) => origin.network = None,
            (Some(Fault::ExemptIsCounted), Some(origin)) => origin.is_exempt = false,
            (Some(Fault::MissingAddressIsOneAddress), origin @ None) => {
                let key = LimitKey::from_bytes([0; 16]);
                *origin = Some(Origin { address: key, network: None, pair: key, is_exempt: false });
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
        let limits = self.lock().limits;
        let reservation = if self.fault == Some(Fault::ChecksBeforeItCounts) {
            let read = self.lock().records(&counted);
            let (reservation, _) = limits.reserve(&counted, read, now);
            tokio::time::sleep(Duration::from_millis(20)).await;
            let mut stored = self.lock();
            if matches!(reservation, Reservation::Reserved(_)) {
                let mut records = stored.records(&counted);
                perturbed::count(&mut records, &counted, now);
                stored.store(&counted, &records);
            }
            reservation
        } else {
            let mut stored = self.lock();
            let (reservation, records) =
                reserve(self.fault, &limits, &counted, stored.records(&counted), now);
            stored.store(&counted, &records);
            reservation
        };
        Ok(match reservation {
            Reservation::Reserved(ticket) => Reservation::Reserved(Ticket { attempt: *attempt, ..ticket }),
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
        let ticket = Ticket { attempt: self.counted(&ticket.attempt), ..*ticket };
        let mut stored = self.lock();
        let (limits, records) = (stored.limits, stored.records(&ticket.attempt));
        let settled = settle(self.fault, &limits, &ticket, outcome, &records, request_time.now());
        stored.store(&ticket.attempt, &settled);
        if self.fault == Some(Fault::SuccessClearsOtherAddresses) && outcome == Settlement::Succeeded {
            free_other_keys(&mut stored, ticket.attempt.email);
        }
        Ok(())
    }

    async fn clear(&self, cleared: ClearedLimit, request_time: RequestTime) -> Result<(), PortError> {
        self.in_time(request_time)?;
        let now = request_time.now();
        let mut stored = self.lock();
        match (self.fault, cleared) {
            (Some(Fault::ClearDoesNothing), ClearedLimit::Email(_))
            | (Some(Fault::ClearKeepsTheAddress), ClearedLimit::Address { .. }) => return Ok(()),
            (Some(Fault::ClearFreesEveryEmail), ClearedLimit::Email(_)) => {
                stored.windows_mut().for_each(|(_, window)| window.clear());
            }
            (Some(Fault::ClearFreesTheAddresses), ClearedLimit::Email(email)) => {
                free_other_keys(&mut stored, email);
            }
            (Some(Fault::ClearKeepsTheKnownAddresses), ClearedLimit::Email(email)) => {
                if let Some(window) =
                    stored.windows_mut().find_map(|(key, window)| (*key == email).then_some(window))
                {
                    *window = clear(std::mem::take(window), now);
                }
                return Ok(());
            }
            _ => {}
        }
        stored.clear(cleared, now);
        Ok(())
    }

    async fn forget_addresses(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        self.in_time(request_time)?;
        let now = request_time.now();
        match self.fault {
            Some(Fault::ForgetDoesNothing) => {}
            Some(Fault::ForgetClearsTheEmail) => self.lock().clear(ClearedLimit::Email(email), now),
            _ => self.lock().forget_addresses(email, now),
        }
        Ok(())
    }

    async fn status(
        &self,
        email: LimitKey,
        request_time: RequestTime,
    ) -> Result<EmailLimitStatus, PortError> {
        self.in_time(request_time)?;
        if self.fault == Some(Fault::StatusIsEmpty) {
            return Ok(EmailLimitStatus::default());
        }
        Ok(self.lock().status(email, request_time.now()))
    }
}
