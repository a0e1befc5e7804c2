//! How the attempts on one axis are counted.

use auth_domain::model::{Ticket, to_microseconds};

use crate::config::SqliteConfig;

/// The limit; times in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// How many failures are allowed within the window.
    pub(super) limit: usize,
    /// How long a failure counts.
    pub(super) window: i64,
}

impl Rule {
    pub(super) fn new(config: &SqliteConfig) -> Self {
        let limit = usize::try_from(config.login_limit).unwrap_or(usize::MAX);
        Self { limit, window: to_microseconds(config.login_window) }
    }
}

/// An attempt begun at this time or before, and settled by nobody, is a failure at `now`.
pub(super) fn out_of_patience(now: i64) -> i64 {
    now.saturating_sub(to_microseconds(Ticket::SETTLEMENT_TIMEOUT))
}

/// The attempts on one axis within the window.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// When each failure was made, the oldest first.
    failures: Vec<i64>,
    in_flight: usize,
}

impl Attempts {
    /// Sorts out attempts (time, whether it is settled), the oldest first.
    pub(super) fn count(rows: impl IntoIterator<Item = (i64, bool)>, now: i64) -> Self {
        let mut attempts = Self::default();
        for (at, settled) in rows {
            if settled || at <= out_of_patience(now) {
                attempts.failures.push(at);
            } else {
                attempts.in_flight += 1;
            }
        }
        attempts
    }

    /// When the next attempt is let in; `None` where failures do not hold it up.
    pub(super) fn opens_at(&self, rule: Rule) -> Option<i64> {
        // So many of the oldest have to leave the window before fewer than the limit are left.
        let surplus = self.failures.len().checked_sub(rule.limit)?;
        let last_to_leave = self.failures.get(surplus).or(self.failures.last())?;
        Some(last_to_leave.saturating_add(rule.window))
    }

    /// Tells whether attempts in flight leave no place.
    pub(super) fn is_full(&self, rule: Rule) -> bool {
        self.failures.len() + self.in_flight >= rule.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;
    const RULE: Rule = Rule { limit: 3, window: 300 * SECOND };

    fn count(rows: &[(i64, bool)], now: i64) -> Attempts {
        Attempts::count(rows.iter().map(|(at, settled)| (at * SECOND, *settled)), now * SECOND)
    }

    #[test]
    fn as_many_failures_as_the_limit_hold_up_until_the_oldest_leaves() {
        assert_eq!(count(&[(1, true), (2, true)], 9).opens_at(RULE), None);
        assert_eq!(count(&[(1, true), (2, true), (3, true)], 9).opens_at(RULE), Some(301 * SECOND));
        let four = count(&[(1, true), (2, true), (3, true), (4, true)], 9);
        assert_eq!(four.opens_at(RULE), Some(302 * SECOND));
    }

    #[test]
    fn an_attempt_in_flight_takes_a_place_until_it_counts_as_a_failure() {
        let rows = [(1, true), (2, true), (3, false)];
        let young = count(&rows, 12);
        assert!(young.opens_at(RULE).is_none() && young.is_full(RULE));
        assert_eq!(count(&rows, 13).opens_at(RULE), Some(301 * SECOND));
        assert!(!count(&rows[1..], 12).is_full(RULE));
    }
}
