//! The limit of wrong admin secrets: ten per client address in five minutes (S-92).

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::ClientAddress;

/// The number of wrong secrets of one address that get a 401 within [`WINDOW`]. Further ones get a 429.
const LIMIT: usize = 10;
/// The time for which a wrong secret counts.
const WINDOW: Duration = Duration::from_mins(5);
/// The number of addresses that are counted separately. Further ones share the count of clients without an address.
const MAX_ADDRESSES: usize = 1_000;

/// The wrong secrets of the last minutes, in constant memory.
#[derive(Default)]
pub(crate) struct WrongSecrets {
    by_address: Mutex<HashMap<Option<ClientAddress>, Attempts>>,
}

#[derive(Default)]
struct Attempts {
    /// The times of the attempts that count, oldest first, at most [`LIMIT`].
    counted: VecDeque<Instant>,
    /// The time of the last attempt.
    last: Option<Instant>,
    /// The number of attempts since the address was silent for a whole window.
    in_a_row: u64,
}

/// A wrong secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrongSecret {
    /// The number of wrong secrets of the address since it was silent for a whole window, with this one.
    pub(super) in_a_row: u64,
    /// The time that the address has to wait, if it is over the limit.
    pub(super) retry_after: Option<Duration>,
}

impl WrongSecrets {
    /// Counts a wrong secret. An attempt over the limit does not prolong the wait.
    pub(super) fn count(&self, address: Option<ClientAddress>, now: Instant) -> WrongSecret {
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let mut address = address;
        if !by_address.contains_key(&address) && by_address.len() >= MAX_ADDRESSES {
            by_address.retain(|_, attempts| !attempts.is_over(now));
            address = address.filter(|_| by_address.len() < MAX_ADDRESSES);
        }
        by_address.entry(address).or_default().count(now)
    }
}

impl Attempts {
    fn is_over(&self, now: Instant) -> bool {
        self.last.is_none_or(|last| now.saturating_duration_since(last) >= WINDOW)
    }

    fn count(&mut self, now: Instant) -> WrongSecret {
        let age = |at: &Instant| now.saturating_duration_since(*at);
        self.in_a_row = if self.is_over(now) { 1 } else { self.in_a_row.saturating_add(1) };
        self.last = Some(now);
        while self.counted.front().is_some_and(|oldest| age(oldest) >= WINDOW) {
            self.counted.pop_front();
        }
        let retry_after = if self.counted.len() < LIMIT {
            self.counted.push_back(now);
            None
        } else {
            self.counted.front().map(|oldest| WINDOW.saturating_sub(age(oldest)))
        };
        WrongSecret { in_a_row: self.in_a_row, retry_after }
    }
}

impl WrongSecret {
    /// Returns whether the attempt is the 1st, 10th, 100th … in a row, which is logged.
    pub(super) fn is_logged(&self) -> bool {
        let mut count = self.in_a_row;
        while count >= 10 && count.is_multiple_of(10) {
            count /= 10;
        }
        count == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(wrong: &WrongSecrets, address: u32, now: Instant) -> WrongSecret {
        wrong.count(Some(ClientAddress::new(std::net::IpAddr::V4(address.into()))), now)
    }

    fn start() -> Instant {
        auth_domain::ports::Clock::instant(&crate::system::SystemClock)
    }

    // S-92
    #[test]
    fn the_eleventh_wrong_secret_waits_until_the_oldest_leaves_the_window() {
        let (wrong, start) = (WrongSecrets::default(), start());
        for second in 0..10 {
            assert_eq!(count(&wrong, 1, start + Duration::from_secs(second)).retry_after, None);
        }
        let soon = start + Duration::from_mins(1);
        assert_eq!(count(&wrong, 1, soon).retry_after, Some(Duration::from_mins(4)));
        assert_eq!(count(&wrong, 2, soon).retry_after, None, "another address");
        // The rejected attempt prolonged no wait, and the attempts leave the window one by one.
        let later = start + WINDOW;
        assert_eq!(count(&wrong, 1, later).retry_after, None);
        assert_eq!(count(&wrong, 1, later).retry_after, Some(Duration::from_secs(1)));
    }

    // S-92
    #[test]
    fn the_first_tenth_and_hundredth_in_a_row_are_logged() {
        let (wrong, start) = (WrongSecrets::default(), start());
        let logged = (1..=1_000_u64).filter(|_| count(&wrong, 1, start).is_logged());
        assert_eq!(logged.collect::<Vec<_>>(), [1, 10, 100, 1_000]);
        let silent = start + WINDOW;
        assert_eq!(count(&wrong, 1, silent).in_a_row, 1);
    }

    // S-92
    #[test]
    fn memory_is_constant_and_further_addresses_share_one_count() {
        let (wrong, start) = (WrongSecrets::default(), start());
        for number in 0..5_000 {
            count(&wrong, number, start);
        }
        assert!(wrong.by_address.lock().unwrap().len() <= MAX_ADDRESSES + 1);
        assert!(count(&wrong, 9_999, start).retry_after.is_some());
        assert!(
            count(&wrong, 0, start).retry_after.is_none(),
            "an address that was counted separately before"
        );
        assert!(count(&wrong, 9_999, start + WINDOW).retry_after.is_none());
    }
}
