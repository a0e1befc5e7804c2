//! The limit on failed logins.

use async_trait::async_trait;
use auth_domain::model::attempt_window::AttemptLimit;
use auth_domain::model::{
    LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket, from_microseconds, to_microseconds,
    to_unix_microseconds,
};
use auth_domain::ports::{LoginLimiter, PortError};
use tracing::instrument;

use crate::error::unexpected_reply;
use crate::keys;
use crate::script_call::ScriptCall;
use crate::scripts::{CLEAR, RESERVE, SETTLE, Script};
use crate::store::RedisStore;

/// The [`LoginLimiter`] in Redis: a sorted set of attempts for each limit key.
#[derive(Clone)]
pub struct RedisLoginLimiter {
    store: RedisStore,
    limit: AttemptLimit,
}

impl RedisLoginLimiter {
    /// Creates the port on a store.
    #[must_use]
    pub fn new(store: &RedisStore, limit: AttemptLimit) -> Self {
        Self { store: store.clone(), limit }
    }
}

#[async_trait]
impl LoginLimiter for RedisLoginLimiter {
    #[instrument(level = "debug", skip_all)]
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let call = call_on_limit_keys(&RESERVE, attempt)
            .arg(to_unix_microseconds(request_time.now()))
            .arg(to_microseconds(self.limit.window))
            .arg(self.limit.max_failures)
            .arg(to_microseconds(Ticket::SETTLEMENT_TIMEOUT))
            .arg(attempt.email.as_bytes().as_slice())
            .arg(attempt.ticket.as_bytes().as_slice());
        let mut reply = call.run(self.store.connections(), request_time).await?;
        match reply.text()?.as_str() {
            "reserved" => Ok(Reservation::Reserved(Ticket { attempt: *attempt })),
            "rejected" => Ok(Reservation::Rejected {
                key: limit_key(attempt, reply.number()?),
                retry_after: from_microseconds(reply.number()?),
            }),
            "busy" => Ok(Reservation::Busy(limit_key(attempt, reply.number()?))),
            _ => Err(unexpected_reply("an unknown outcome of a reservation")),
        }
    }

    #[instrument(level = "debug", skip_all)]
    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let (attempt, request_time) = (&ticket.attempt, self.store.on_server_clock(request_time).await?);
        let call = call_on_limit_keys(&SETTLE, attempt)
            .at_any_clock()
            .arg(settlement_name(outcome))
            .arg(to_unix_microseconds(request_time.now()))
            .arg(to_microseconds(Ticket::SETTLEMENT_TIMEOUT))
            .arg(attempt.email.as_bytes().as_slice())
            .arg(attempt.ticket.as_bytes().as_slice());
        call.run(self.store.connections(), request_time).await?;
        Ok(())
    }

    #[instrument(level = "debug", skip_all)]
    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        let request_time = self.store.on_server_clock(request_time).await?;
        let call = ScriptCall::new(&CLEAR, &[&keys::email_attempts(email)])
            .at_any_clock()
            .arg(to_unix_microseconds(request_time.now()))
            .arg(to_microseconds(Ticket::SETTLEMENT_TIMEOUT));
        call.run(self.store.connections(), request_time).await?;
        Ok(())
    }
}

fn call_on_limit_keys(script: &Script, attempt: &LoginAttempt) -> ScriptCall {
    let email = keys::email_attempts(attempt.email);
    match attempt.address.map(keys::address_attempts) {
        Some(address) => ScriptCall::new(script, &[&email, &address]),
        None => ScriptCall::new(script, &[&email]),
    }
}

/// Returns the limit key at a position of `KEYS`.
fn limit_key(attempt: &LoginAttempt, position: i64) -> LimitKey {
    match (position, attempt.address) {
        (2, Some(address)) => address,
        _ => attempt.email,
    }
}

const fn settlement_name(outcome: Settlement) -> &'static str {
    match outcome {
        Settlement::Succeeded => "succeeded",
        Settlement::Failed => "failed",
        Settlement::Abandoned => "abandoned",
    }
}
