//! The limit on failed logins.

mod calls;
mod stored;

use async_trait::async_trait;
use auth_domain::model::attempt_window::LoginLimits;
use auth_domain::model::{
    ClearedLimit, EmailLimitStatus, LimitKey, LoginAttempt, LoginLimit, RequestTime, Reservation, Settlement,
    Ticket, from_microseconds,
};
use auth_domain::ports::{LoginLimiter, PortError};
use tracing::instrument;

use crate::error::{StoreError, StoreResult, unexpected_reply};
use crate::keys;
use crate::script_call::ScriptCall;
use crate::script_reply::ScriptReply;
use crate::scripts::{CLEAR, CLEAR_EMAIL, FORGET_ADDRESSES, LIMIT_STATUS, RESERVE, SETTLE};
use crate::store::RedisStore;

/// The [`LoginLimiter`] in Redis: a sorted set of attempts for each limit key, one of known addresses for each email, and a
/// daily count for each email that needs one.
#[derive(Clone)]
pub struct RedisLoginLimiter {
    store: RedisStore,
    limits: LoginLimits,
}

impl RedisLoginLimiter {
    /// Creates the port on a store.
    #[must_use]
    pub fn new(store: &RedisStore, limits: LoginLimits) -> Self {
        Self { store: store.clone(), limits }
    }

    async fn settle_attempt(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> StoreResult<()> {
        let request_time = self.store.on_server_clock(keys::DAILY_COUNTS, request_time).await?;
        let call = calls::on_limit_keys(&SETTLE, &ticket.attempt, &self.limits, request_time)
            .at_any_clock()
            .arg(settlement_name(outcome))
            .arg(u8::from(ticket.is_known));
        call.run(self.store.connections(), request_time).await.map(drop)
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
        let call = calls::on_limit_keys(&RESERVE, attempt, &self.limits, request_time);
        let mut reply = call.run(self.store.connections(), request_time).await?;
        match reply.text()?.as_str() {
            "reserved" => {
                Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: reply.number()? == 1 }))
            }
            "rejected" => {
                let (limit, key) = full_key(attempt, &mut reply)?;
                Ok(Reservation::Rejected { limit, key, retry_after: from_microseconds(reply.number()?) })
            }
            "busy" => Ok(Reservation::Busy(full_key(attempt, &mut reply)?.1)),
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
        Ok(self.settle_attempt(ticket, outcome, request_time).await?)
    }

    #[instrument(level = "debug", skip_all)]
    async fn clear(&self, cleared: ClearedLimit, request_time: RequestTime) -> Result<(), PortError> {
        let request_time = self.store.on_server_clock(keys::DAILY_COUNTS, request_time).await?;
        let call = match cleared {
            ClearedLimit::Email(email) => {
                let keys = calls::email_keys(email);
                let call = ScriptCall::new(&CLEAR_EMAIL, &calls::names(&keys));
                calls::at(call, request_time).arg(keys::PAIR_ATTEMPTS).arg(email.as_bytes().as_slice())
            }
            ClearedLimit::Address { address, network } => {
                let windows = [Some(keys::address_attempts(address)), network.map(keys::network_attempts)];
                let windows: Vec<_> = windows.into_iter().flatten().collect();
                calls::at(ScriptCall::new(&CLEAR, &calls::names(&windows)), request_time)
            }
        };
        call.at_any_clock().run(self.store.connections(), request_time).await?;
        Ok(())
    }

    #[instrument(level = "debug", skip_all)]
    async fn forget_addresses(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        let request_time = self.store.on_server_clock(keys::DAILY_COUNTS, request_time).await?;
        let call = ScriptCall::new(&FORGET_ADDRESSES, &[&keys::known_addresses(email)]).at_any_clock();
        let call = calls::at(call, request_time).arg(keys::PAIR_ATTEMPTS);
        call.run(self.store.connections(), request_time).await?;
        Ok(())
    }

    #[instrument(level = "debug", skip_all)]
    async fn status(
        &self,
        email: LimitKey,
        request_time: RequestTime,
    ) -> Result<EmailLimitStatus, PortError> {
        let request_time = self.store.on_server_clock(keys::DAILY_COUNTS, request_time).await?;
        let (window, daily) = (keys::email_attempts(email), keys::daily_count(email));
        let call = ScriptCall::new(&LIMIT_STATUS, &[&window, &daily, &keys::known_addresses(email)]);
        let reply = call.at_any_clock().run(self.store.connections(), request_time).await;
        let reply = reply.map_err(StoreError::of_read)?;
        Ok(self.limits.status(email, stored::records(email, reply)?, request_time.now()))
    }
}

/// Reads the name of a limit, and returns the limit key of the attempt for it.
fn full_key(attempt: &LoginAttempt, reply: &mut ScriptReply) -> Result<(LoginLimit, LimitKey), PortError> {
    let name = reply.text()?;
    let limit = LoginLimit::ALL.into_iter().find(|limit| limit.to_string() == name);
    let origin = attempt.origin;
    let key = limit.and_then(|limit| match limit {
        LoginLimit::Email | LoginLimit::Daily => Some(attempt.email),
        LoginLimit::Pair => Some(origin?.pair),
        LoginLimit::Address => Some(origin?.address),
        LoginLimit::Network => origin?.network,
    });
    limit.zip(key).ok_or_else(|| unexpected_reply("an unknown limit"))
}

const fn settlement_name(outcome: Settlement) -> &'static str {
    match outcome {
        Settlement::Succeeded => "succeeded",
        Settlement::Failed => "failed",
        Settlement::Abandoned => "abandoned",
    }
}
