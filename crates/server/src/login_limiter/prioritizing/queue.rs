//! The waiting attempts of one class.

use std::collections::VecDeque;
use std::time::Instant;

use auth_domain::model::TicketId;
use tokio::sync::oneshot::Sender;

/// A bounded queue in the order in which the addresses came first.
#[derive(Default)]
pub(super) struct Queue {
    waiters: VecDeque<Waiter>,
    /// The claim to the next grants, for the round robin of the classes.
    pub(super) credit: i32,
}

/// A waiting attempt. It is dropped if the channel closes without a value.
pub(super) struct Waiter {
    pub(super) ticket: TicketId,
    /// When its address began to come.
    pub(super) since: Instant,
    pub(super) granted: Sender<()>,
}

impl Queue {
    /// Adds an attempt. Beyond `limit`, an attempt of the newer half is dropped at random, perhaps the added one.
    ///
    /// If the newest were dropped, a flood that refills the queue faster would keep everyone else out. The older half is
    /// spared: it holds the clients that came again after a 503.
    pub(super) fn push(&mut self, waiter: Waiter, limit: usize, random: u32) {
        let place = self.waiters.partition_point(|other| other.since <= waiter.since);
        self.waiters.insert(place, waiter);
        let len = self.waiters.len();
        if len > limit {
            let newer = len.div_ceil(2);
            let chosen = usize::try_from(random).unwrap_or_default() % newer;
            self.waiters.remove(len - 1 - chosen);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Waiter> {
        self.waiters.pop_front()
    }

    pub(super) fn remove(&mut self, ticket: TicketId) {
        self.waiters.retain(|waiter| waiter.ticket != ticket);
    }

    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }
}
