//! The login limit: tables, and invariants over generated sequences.

mod invariants;
mod tables;

use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;

use super::{Attempt, AttemptLimit, AttemptState, Windows};
use crate::model::{LimitKey, LoginAttempt, TicketId, to_unix_microseconds};

const START: OffsetDateTime = datetime!(2026-01-05 09:00:00.7 UTC);
const LIMIT: AttemptLimit = AttemptLimit { max_failures: 3, window: Duration::from_mins(5) };
const EMAIL: LimitKey = LimitKey::from_bytes([1; 16]);
const ADDRESS: LimitKey = LimitKey::from_bytes([2; 16]);

fn at(seconds: u64) -> OffsetDateTime {
    START + Duration::from_secs(seconds)
}

fn login(number: u8) -> LoginAttempt {
    LoginAttempt { ticket: TicketId::from_bytes([number; 16]), email: EMAIL, address: Some(ADDRESS) }
}

fn stored(number: u8, seconds: u64, state: AttemptState) -> Attempt {
    Attempt { at: to_unix_microseconds(at(seconds)), ticket: login(number).ticket, email: EMAIL, state }
}

fn failures(seconds: &[u64]) -> Vec<Attempt> {
    seconds.iter().zip(1..).map(|(at, number)| stored(number, *at, AttemptState::Failed)).collect()
}

fn on_email(email: Vec<Attempt>) -> Windows {
    Windows { email, address: Vec::new() }
}
