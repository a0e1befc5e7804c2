//! The limit on failed logins.

use async_trait::async_trait;
use auth_domain::model::{AxisKey, LoginAttempt, Timing, duration_from_micros, micros, span_in_micros};
use auth_domain::ports::{LoginLimiter, PortError, Reservation, Settlement, Ticket};

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
    async fn reserve(&self, attempt: &LoginAttempt, timing: Timing) -> Result<Reservation, PortError> {
        let config = self.store.config();
        let step = on_axes(&RESERVE, attempt)
            .arg(micros(timing.now()))
            .arg(span_in_micros(config.login_window))
            .arg(config.login_limit)
            .arg(span_in_micros(Ticket::PATIENCE))
            .arg(attempt.email.as_bytes().as_slice())
            .arg(attempt.ticket.as_bytes().as_slice());
        let mut reply = self.store.run(&step, timing).await?;
        match reply.text()?.as_str() {
            "reserved" => Ok(Reservation::Reserved(Ticket { attempt: *attempt })),
            "refused" => Ok(Reservation::Refused {
                key: axis(attempt, reply.number()?),
                retry_after: duration_from_micros(reply.number()?),
            }),
            "busy" => Ok(Reservation::Busy(axis(attempt, reply.number()?))),
            _ => Err(contradiction("a reservation ends otherwise")),
        }
    }

    async fn settle(&self, ticket: &Ticket, outcome: Settlement, timing: Timing) -> Result<(), PortError> {
        let (attempt, timing) = (&ticket.attempt, self.store.on_server_clock(timing).await?);
        let step = on_axes(&SETTLE, attempt)
            .at_any_clock()
            .arg(word(outcome))
            .arg(micros(timing.now()))
            .arg(span_in_micros(Ticket::PATIENCE))
            .arg(attempt.email.as_bytes().as_slice())
            .arg(attempt.ticket.as_bytes().as_slice());
        self.store.run(&step, timing).await?;
        Ok(())
    }

    async fn clear(&self, email: AxisKey, timing: Timing) -> Result<(), PortError> {
        let timing = self.store.on_server_clock(timing).await?;
        let step = Step::new(&CLEAR, &[&keys::email_attempts(email)])
            .at_any_clock()
            .arg(micros(timing.now()))
            .arg(span_in_micros(Ticket::PATIENCE));
        self.store.run(&step, timing).await?;
        Ok(())
    }
}

fn on_axes(script: &Script, attempt: &LoginAttempt) -> Step {
    let email = keys::email_attempts(attempt.email);
    match attempt.address.map(keys::address_attempts) {
        Some(address) => Step::new(script, &[&email, &address]),
        None => Step::new(script, &[&email]),
    }
}

/// The axis at a position among the keys.
fn axis(attempt: &LoginAttempt, position: i64) -> AxisKey {
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
