//! The waiting attempts of one class.

use std::collections::VecDeque;
use std::time::Instant;

use auth_domain::model::TicketId;
use tokio::sync::oneshot::Sender;

/// A bounded queue, ordered by the start of the visits of the addresses.
#[derive(Default)]
pub(super) struct Queue {
    waiters: VecDeque<Waiter>,
    /// The credit of the class in the weighted round robin.
    pub(super) credit: i32,
}

/// A waiting attempt. It is dropped if the channel closes without a value.
pub(super) struct Waiter {
    pub(super) ticket: TicketId,
    /// The start of the visit of its address.
    pub(super) since: Instant,
    pub(super) granted: Sender<()>,
}

impl Queue {
    /// Adds an attempt. If the queue then exceeds `limit`, a random attempt of its newer half is dropped, perhaps the new one.
    ///
    /// If the newest attempt were dropped, a flood that refills the queue faster would keep all others out. The older half is
    /// kept: it contains the clients that try again after a 503.
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
