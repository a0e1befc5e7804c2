//! The ranks of client addresses, from recent logins in this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use auth_domain::model::AxisKey;
use auth_domain::ports::Settlement;

/// The rank of an address that logged in and has not failed since.
const BEST: i16 = -1;
/// The rank of an unknown address.
const NEW: i16 = 0;
/// The rank of attempts without an address: behind addresses that have not failed, before all that have.
const NO_ADDRESS: i16 = 1;
/// A failure counts as much as two successes, so that an attacker cannot make up for a flood with its own account.
const FAILURE: i16 = 2;
/// The size of a generation. Two are kept; the older one is forgotten when the newer one is full.
const GENERATION: usize = 50_000;

/// Ranks by address; the lower ones go first.
#[derive(Default)]
pub(super) struct Standings(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    newer: HashMap<AxisKey, i16>,
    older: HashMap<AxisKey, i16>,
}

impl Standings {
    /// The rank of an attempt from `address`.
    pub(super) fn rank(&self, address: Option<AxisKey>) -> i16 {
        address.map_or(NO_ADDRESS, |address| self.lock().rank(&address))
    }

    /// Remembers how an attempt ended.
    pub(super) fn record(&self, address: Option<AxisKey>, outcome: Settlement) {
        let Some(address) = address else { return };
        let change = match outcome {
            Settlement::Succeeded => -1,
            Settlement::Failed => FAILURE,
            Settlement::Abandoned => return,
        };
        self.lock().change(address, change, GENERATION);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn rank(&self, address: &AxisKey) -> i16 {
        self.newer.get(address).or_else(|| self.older.get(address)).copied().unwrap_or(NEW)
    }

    fn change(&mut self, address: AxisKey, change: i16, limit: usize) {
        let rank = self.rank(&address).saturating_add(change).max(BEST);
        if self.newer.len() >= limit && !self.newer.contains_key(&address) {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(address, rank);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use auth_domain::model::{AxisKeys, ClientAddress};

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "as the standings take it")]
    fn address(number: u32) -> Option<AxisKey> {
        let address = ClientAddress::new(Ipv4Addr::from_bits(number).into());
        Some(AxisKeys::derive(b"secret").address(address))
    }

    #[test]
    fn failures_weigh_more_than_successes() {
        let standings = Standings::default();
        standings.record(address(1), Settlement::Succeeded);
        assert!(standings.rank(address(1)) < standings.rank(address(2)));
        for _ in 0..3 {
            standings.record(address(1), Settlement::Failed);
            standings.record(address(1), Settlement::Succeeded);
        }
        assert!(standings.rank(None) < standings.rank(address(1)));
        for _ in 0..9 {
            standings.record(address(1), Settlement::Succeeded);
        }
        assert_eq!(standings.rank(address(1)), BEST);
    }

    #[test]
    fn memory_is_bounded_and_the_newest_are_kept() {
        let mut generations = Generations::default();
        for number in 0..350 {
            generations.change(address(number).unwrap(), FAILURE, 100);
        }
        assert_eq!((generations.newer.len(), generations.older.len()), (50, 100));
        assert_eq!(generations.rank(&address(349).unwrap()), FAILURE);
        assert_eq!(generations.rank(&address(0).unwrap()), NEW);
    }
}
