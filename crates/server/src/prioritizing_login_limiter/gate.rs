//! A bounded queue in the order of ranks, in front of a bounded number of running attempts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::TicketId;
use tokio::sync::oneshot::{self, Receiver, Sender};

/// A running attempt that is not settled within this time after its deadline was lost, and no longer counts.
const LONGEST_RUN: Duration = Duration::from_secs(10);

/// How many attempts may run and wait.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) running: usize,
    pub(super) waiting: usize,
}

/// The decision about an attempt on arrival.
pub(super) enum Entry {
    /// It may run.
    Granted,
    /// It may run when the receiver gets a value. A closed channel means that an attempt of a better rank took its place.
    Waiting(Receiver<()>),
    /// The queue is full of attempts of the same or a better rank.
    Full,
}

/// The running and the waiting attempts.
#[derive(Default)]
pub(super) struct Gate(Mutex<State>);

#[derive(Default)]
struct State {
    /// By ticket: the instant after which a running attempt no longer counts.
    running: HashMap<TicketId, Instant>,
    /// The waiting attempts, by rank and arrival.
    waiting: BTreeMap<(i16, u64), Waiter>,
    arrivals: u64,
}

struct Waiter {
    ticket: TicketId,
    granted: Sender<()>,
}

impl Gate {
    /// Lets an attempt run, or wait behind those with the same or a lower rank. `times` are the present time and the deadline.
    pub(super) fn enter(
        &self,
        ticket: TicketId,
        rank: i16,
        times: (Instant, Instant),
        bounds: Bounds,
    ) -> Entry {
        let (now, deadline) = times;
        let mut state = self.lock();
        state.admit(now, bounds);
        if state.waiting.is_empty() && state.running.len() < bounds.running {
            state.running.insert(ticket, deadline + LONGEST_RUN);
            return Entry::Granted;
        }
        if state.waiting.len() >= bounds.waiting {
            let last = state.waiting.last_key_value().map_or(rank, |((rank, _), _)| *rank);
            if last <= rank {
                return Entry::Full;
            }
            state.waiting.pop_last();
        }
        state.arrivals += 1;
        let (granted, receiver) = oneshot::channel();
        let place = (rank, state.arrivals);
        state.waiting.insert(place, Waiter { ticket, granted });
        Entry::Waiting(receiver)
    }

    /// Removes a running or waiting attempt, and lets the next ones run.
    pub(super) fn leave(&self, ticket: TicketId, now: Instant, bounds: Bounds) {
        let mut state = self.lock();
        if state.running.remove(&ticket).is_none() {
            state.waiting.retain(|_, waiter| waiter.ticket != ticket);
        }
        state.admit(now, bounds);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admit(&mut self, now: Instant, bounds: Bounds) {
        if self.running.len() >= bounds.running {
            self.running.retain(|_, end| *end > now);
        }
        while self.running.len() < bounds.running {
            let Some((_, waiter)) = self.waiting.pop_first() else { return };
            // If the channel is closed, the attempt no longer waits.
            if waiter.granted.send(()).is_ok() {
                self.running.insert(waiter.ticket, now + LONGEST_RUN);
            }
        }
    }
}

#[cfg(test)]
impl Gate {
    /// The numbers of running and waiting attempts.
    pub(super) fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.running.len(), state.waiting.len())
    }
}
