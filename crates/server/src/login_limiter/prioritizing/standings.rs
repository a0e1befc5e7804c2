//! The classes of client addresses, from recent logins in this process.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::{LimitKey, Settlement};

use super::recent::{GENERATION, Recent};

/// A failure is forgotten after this time.
const MEMORY: Duration = Duration::from_mins(5);

/// A class of addresses. Each has a share of the password queue that no other class can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Addresses that logged in and have not failed since.
    LoggedIn,
    /// Addresses without a recent login, and attempts without an address.
    New,
    /// Addresses whose last login failed within the last five minutes.
    Failed,
}

impl Class {
    /// The share of the password queue relative to the other classes that wait.
    pub(super) const fn weight(self) -> i32 {
        match self {
            Self::LoggedIn => 4,
            Self::New => 2,
            Self::Failed => 1,
        }
    }
}

/// How the last login of each address ended.
pub(super) struct Standings(Mutex<Recent<Last>>);

#[derive(Clone, Copy)]
enum Last {
    Succeeded,
    Failed(Instant),
}

impl Default for Standings {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(GENERATION)))
    }
}

impl Standings {
    /// The class of an attempt from `address`.
    pub(super) fn class(&self, address: Option<LimitKey>, now: Instant) -> Class {
        match address.and_then(|address| self.lock().get(&address)) {
            Some(Last::Succeeded) => Class::LoggedIn,
            Some(Last::Failed(at)) if now.saturating_duration_since(at) < MEMORY => Class::Failed,
            Some(Last::Failed(_)) | None => Class::New,
        }
    }

    /// Remembers how an attempt ended.
    pub(super) fn record(&self, address: Option<LimitKey>, outcome: Settlement, now: Instant) {
        let Some(address) = address else { return };
        let last = match outcome {
            Settlement::Succeeded => Last::Succeeded,
            Settlement::Failed => Last::Failed(now),
            Settlement::Abandoned => return,
        };
        self.lock().insert(address, last);
    }

    fn lock(&self) -> MutexGuard<'_, Recent<Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Clock;

    use super::*;
    use crate::system::SystemClock;

    #[test]
    fn one_success_cancels_every_failure() {
        let (standings, now) = (Standings::default(), SystemClock.instant());
        let [typing, other] = [1, 2].map(|number| Some(LimitKey::from_bytes([number; 16])));
        assert_eq!(standings.class(typing, now), Class::New);
        for _ in 0..100 {
            standings.record(typing, Settlement::Failed, now);
        }
        assert_eq!(standings.class(typing, now), Class::Failed);
        assert_eq!([standings.class(other, now), standings.class(None, now)], [Class::New; 2]);
        standings.record(typing, Settlement::Succeeded, now);
        standings.record(typing, Settlement::Abandoned, now);
        assert_eq!(standings.class(typing, now), Class::LoggedIn);
    }

    #[test]
    fn a_failure_is_forgotten_after_five_minutes() {
        let (standings, now) = (Standings::default(), SystemClock.instant());
        let address = Some(LimitKey::from_bytes([1; 16]));
        standings.record(address, Settlement::Succeeded, now);
        standings.record(address, Settlement::Failed, now);
        let almost = MEMORY.saturating_sub(Duration::from_millis(1));
        assert_eq!(standings.class(address, now + almost), Class::Failed);
        assert_eq!(standings.class(address, now + MEMORY), Class::New);
    }
}
