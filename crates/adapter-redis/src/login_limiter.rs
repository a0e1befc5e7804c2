//! The limit on failed logins.

use async_trait::async_trait;
use auth_domain::model::{
    LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket, from_microseconds, to_microseconds,
    to_unix_microseconds,
};
use auth_domain::ports::{LoginLimiter, PortError};

use crate::error::contradiction;
use crate::keys;
use crate::scripts::{CLEAR, RESERVE, SETTLE, Script};
use crate::step::Step;
use crate::store::RedisStore;

/// The [`LoginLimiter`] in Redis: a sorted set of attempts for each email and each address.
#[derive(Clone)]
pub struct RedisLoginLimiter {
    store: RedisStore,
}

impl RedisLoginLimiter {
    /// Uses a store and the limit in its configuration.
    #[must_use]
    pub fn new(store: &RedisStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl LoginLimiter for RedisLoginLimiter {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let config = self.store.config();
        let step = on_limit_keys(&RESERVE, attempt)
            .arg(to_unix_microseconds(request_time.now()))
            .arg(to_microseconds(config.login_window))
            .arg(config.login_limit)
            .arg(to_microseconds(Ticket::SETTLEMENT_TIMEOUT))
            .arg(attempt.email.as_bytes().as_slice())
            .arg(attempt.ticket.as_bytes().as_slice());
        let mut reply = self.store.run(&step, request_time).await?;
        match reply.text()?.as_str() {
            "reserved" => Ok(Reservation::Reserved(Ticket { attempt: *attempt })),
            "refused" => Ok(Reservation::Rejected {
                key: key(attempt, reply.number()?),
                retry_after: from_microseconds(reply.number()?),
            }),
            "busy" => Ok(Reservation::Busy(key(attempt, reply.number()?))),
            _ => Err(contradiction("a reservation ends otherwise")),
        }
    }

    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let (attempt, request_time) = (&ticket.attempt, self.store.on_server_clock(request_time).await?);
        let step = on_limit_keys(&SETTLE, attempt)
            .at_any_clock()
            .arg(word(outcome))
            .arg(to_unix_microseconds(request_time.now()))
            .arg(to_microseconds(Ticket::SETTLEMENT_TIMEOUT))
            .arg(attempt.email.as_bytes().as_slice())
            .arg(attempt.ticket.as_bytes().as_slice());
        self.store.run(&step, request_time).await?;
        Ok(())
    }

    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        let request_time = self.store.on_server_clock(request_time).await?;
        let step = Step::new(&CLEAR, &[&keys::email_attempts(email)])
            .at_any_clock()
            .arg(to_unix_microseconds(request_time.now()))
            .arg(to_microseconds(Ticket::SETTLEMENT_TIMEOUT));
        self.store.run(&step, request_time).await?;
        Ok(())
    }
}

fn on_limit_keys(script: &Script, attempt: &LoginAttempt) -> Step {
    let email = keys::email_attempts(attempt.email);
    match attempt.address.map(keys::address_attempts) {
        Some(address) => Step::new(script, &[&email, &address]),
        None => Step::new(script, &[&email]),
    }
}

/// The axis at a position among the keys.
fn key(attempt: &LoginAttempt, position: i64) -> LimitKey {
    match (position, attempt.address) {
        (2, Some(address)) => address,
        _ => attempt.email,
    }
}

const fn word(outcome: Settlement) -> &'static str {
    match outcome {
        Settlement::Succeeded => "succeeded",
        Settlement::Failed => "failed",
        Settlement::Abandoned => "abandoned",
    }
}
