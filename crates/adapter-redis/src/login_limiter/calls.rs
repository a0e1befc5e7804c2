//! The keys and arguments of the scripts.

use auth_domain::model::attempt_window::LoginLimits;
use auth_domain::model::{
    LimitKey, LoginAttempt, RequestTime, Ticket, to_microseconds, to_unix_microseconds,
};

use crate::keys;
use crate::script_call::ScriptCall;
use crate::scripts::Script;

/// A call on the limit keys of an attempt, in the order that `login_limits.lua` documents.
pub(super) fn on_limit_keys(
    script: &Script,
    attempt: &LoginAttempt,
    limits: &LoginLimits,
    request_time: RequestTime,
) -> ScriptCall {
    let mut keys = email_keys(attempt.email);
    if let Some(origin) = attempt.origin {
        keys.extend([keys::pair_attempts(origin.pair), keys::known_emails(origin.address)]);
        if !origin.is_exempt {
            keys.push(keys::address_attempts(origin.address));
            keys.extend(origin.network.map(keys::network_attempts));
        }
    }
    let pair = attempt.origin.map(|origin| origin.pair);
    ScriptCall::new(script, &names(&keys))
        .arg(to_unix_microseconds(request_time.now()))
        .arg(to_microseconds(limits.window))
        .arg(to_microseconds(Ticket::SETTLEMENT_TIMEOUT))
        .arg(limits.max_failures)
        .arg(limits.max_failures_per_address)
        .arg(limits.bounds.failures_per_network)
        .arg(limits.daily_failures.unwrap_or(0))
        .arg(limits.bounds.daily_emails)
        .arg(limits.known_for.map_or(0, to_microseconds))
        .arg(limits.bounds.known_addresses)
        .arg(limits.bounds.emails_per_address)
        .arg(attempt.email.as_bytes().as_slice())
        .arg(attempt.ticket.as_bytes().as_slice())
        .arg(pair.as_ref().map_or(&[][..], |pair| pair.as_bytes()))
}

/// The keys of an email: its window, its daily count, the index of the daily counts, and its known addresses.
pub(super) fn email_keys(email: LimitKey) -> Vec<String> {
    vec![
        keys::email_attempts(email),
        keys::daily_count(email),
        keys::DAILY_COUNTS.to_owned(),
        keys::known_addresses(email),
    ]
}

pub(super) fn names(keys: &[String]) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}

/// Adds the arguments that decide which attempts are failures.
pub(super) fn at(call: ScriptCall, request_time: RequestTime) -> ScriptCall {
    call.arg(to_unix_microseconds(request_time.now())).arg(to_microseconds(Ticket::SETTLEMENT_TIMEOUT))
}
