//! The addresses that are known for an email, by earlier successes.

use super::limits::LoginLimits;
use super::records::LimitRecords;
use super::success::Success;
use super::window::to_usize;
use crate::model::{LoginAttempt, to_microseconds};

impl LoginLimits {
    /// Whether the attempt comes from a known address of its email.
    pub(super) fn is_known(&self, attempt: &LoginAttempt, records: &LimitRecords, now: i64) -> bool {
        let (Some(known_for), Some(origin)) = (self.known_for, attempt.origin) else { return false };
        let is_current = |success: &&Success| success.at > now.saturating_sub(to_microseconds(known_for));
        let has_succeeded =
            records.known_addresses.iter().filter(is_current).any(|success| success.pair == origin.pair);
        let emails = records.known_emails.iter().filter(is_current).count();
        has_succeeded && emails <= to_usize(self.bounds.emails_per_address)
    }

    /// Counts successes in the future from `now` on: a clock was ahead, and they would be known for too long.
    pub(super) fn count_from_now(&self, records: &mut LimitRecords, now: i64) {
        if self.known_for.is_some() {
            not_after(&mut records.known_addresses, now);
            not_after(&mut records.known_emails, now);
        }
    }

    /// Remembers a success for the email and for the address.
    pub(super) fn remember(&self, attempt: &LoginAttempt, records: &mut LimitRecords, now: i64) {
        let (Some(known_for), Some(origin)) = (self.known_for, attempt.origin) else { return };
        let success = Success { pair: origin.pair, at: now };
        let since = now.saturating_sub(to_microseconds(known_for));
        add(&mut records.known_addresses, success, since, self.bounds.known_addresses);
        // One more than the limit shows that the address has too many emails.
        add(&mut records.known_emails, success, since, self.bounds.emails_per_address.saturating_add(1));
    }
}

/// Adds a success. Earlier ones leave if they are not after `since`, or if they are the least recent of more than `max`.
fn add(successes: &mut Vec<Success>, new: Success, since: i64, max: u32) {
    successes.retain(|success| success.at > since && success.pair != new.pair);
    successes.push(new);
    not_after(successes, new.at);
    let surplus = successes.len().saturating_sub(to_usize(max));
    successes.drain(..surplus);
}

/// Moves later successes to `now`. The order is by time.
fn not_after(successes: &mut [Success], now: i64) {
    for success in successes.iter_mut() {
        success.at = success.at.min(now);
    }
    successes.sort_by_key(|success| (success.at, success.pair));
}
