//! The login limit: tables, and invariants over generated sequences.

mod daily;
mod invariants;
mod known;
mod tables;

use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;

use super::{Attempt, AttemptState, LimitBounds, LimitRecords, LoginLimits};
use crate::model::{LimitKey, LoginAttempt, Origin, Ticket, TicketId, to_unix_microseconds};

const START: OffsetDateTime = datetime!(2026-01-05 09:00:00.7 UTC);
const LIMITS: LoginLimits = LoginLimits {
    max_failures: 3,
    max_failures_per_address: 3,
    window: Duration::from_mins(5),
    daily_failures: Some(5),
    known_for: Some(Duration::from_hours(24)),
    bounds: LimitBounds {
        known_addresses: 2,
        emails_per_address: 2,
        failures_per_network: 4,
        daily_emails: 10,
    },
};
const EMAIL: LimitKey = LimitKey::from_bytes([1; 16]);
const ADDRESS: LimitKey = LimitKey::from_bytes([2; 16]);
const PAIR: LimitKey = LimitKey::from_bytes([3; 16]);
const NETWORK: LimitKey = LimitKey::from_bytes([4; 16]);
const ORIGIN: Origin = Origin { address: ADDRESS, network: None, pair: PAIR, is_exempt: false };

fn at(seconds: u64) -> OffsetDateTime {
    START + Duration::from_secs(seconds)
}

fn login(number: u8) -> LoginAttempt {
    LoginAttempt { ticket: TicketId::from_bytes([number; 16]), email: EMAIL, origin: Some(ORIGIN) }
}

fn stored(number: u8, seconds: u64, state: AttemptState) -> Attempt {
    Attempt { at: to_unix_microseconds(at(seconds)), ticket: login(number).ticket, email: EMAIL, state }
}

fn failures(seconds: &[u64]) -> Vec<Attempt> {
    seconds.iter().zip(1..).map(|(at, number)| stored(number, *at, AttemptState::Failed)).collect()
}

fn ticket(number: u8) -> Ticket {
    Ticket { attempt: login(number), is_known: false }
}

fn windows(windows: impl IntoIterator<Item = (LimitKey, Vec<Attempt>)>) -> LimitRecords {
    let mut records = LimitRecords::default();
    windows.into_iter().for_each(|(key, window)| records.set_window(key, window));
    records
}

fn on_email(email: Vec<Attempt>) -> LimitRecords {
    windows([(EMAIL, email)])
}
