//! Bounded queues, one for each class of addresses, in front of a bounded number of running attempts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::{LimitKey, LoginAttempt, TicketId};
use tokio::sync::oneshot::{self, Receiver};

use super::queue::{Queue, Waiter};
use super::recent::{GENERATION, Recent};
use super::standings::Class;

/// A running attempt no longer counts this long after its deadline, even if it was not settled.
const LONGEST_RUN: Duration = Duration::from_secs(10);
/// A visit ends if the address sends no attempt for this time. It is longer than the wait of an attempt and the longest
/// `Retry-After` of a 503, so a client that tries again keeps its place in the order.
const RETURN: Duration = Duration::from_secs(6);

/// How many attempts may run, and how many of each class may wait.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) running: usize,
    pub(super) waiting: usize,
}

/// An attempt that arrives.
pub(super) struct Arrival<'a> {
    pub(super) attempt: &'a LoginAttempt,
    pub(super) class: Class,
    pub(super) now: Instant,
    pub(super) deadline: Instant,
    /// Decides which attempt of a full queue is dropped.
    pub(super) random: u32,
}

/// The decision about an attempt on arrival.
pub(super) enum Entry {
    /// It may run.
    Granted,
    /// It may run when the receiver gets a value. A closed channel means that the attempt was dropped from a full queue.
    Waiting(Receiver<()>),
}

/// The running and the waiting attempts.
pub(super) struct Gate(Mutex<State>);

struct State {
    /// By ticket: the instant after which a running attempt no longer counts.
    running: HashMap<TicketId, Instant>,
    queues: BTreeMap<Class, Queue>,
    /// The visits: the times of the first and the last attempt of each address since its last verified password.
    visits: Recent<(Instant, Instant)>,
}

impl Default for Gate {
    fn default() -> Self {
        let visits = Recent::new(GENERATION);
        Self(Mutex::new(State { running: HashMap::new(), queues: BTreeMap::new(), visits }))
    }
}

impl Gate {
    /// Lets an attempt run, or wait in the queue of its class.
    pub(super) fn enter(&self, arrival: &Arrival<'_>, bounds: Bounds) -> Entry {
        let (ticket, now) = (arrival.attempt.ticket, arrival.now);
        let mut state = self.lock();
        state.admit(now, bounds);
        if state.running.len() < bounds.running {
            state.running.insert(ticket, arrival.deadline + LONGEST_RUN);
            return Entry::Granted;
        }
        let since = state.visit(key(arrival.attempt), now);
        let (granted, receiver) = oneshot::channel();
        let queue = state.queues.entry(arrival.class).or_default();
        queue.push(Waiter { ticket, since, granted }, bounds.waiting, arrival.random);
        Entry::Waiting(receiver)
    }

    /// Removes a running or waiting attempt, and lets the next ones run. Returns whether it was running.
    pub(super) fn leave(&self, ticket: TicketId, now: Instant, bounds: Bounds) -> bool {
        let mut state = self.lock();
        let was_running = state.running.remove(&ticket).is_some();
        if !was_running {
            state.queues.values_mut().for_each(|queue| queue.remove(ticket));
        }
        state.admit(now, bounds);
        was_running
    }

    /// Ends the visit of an address whose password was verified. Its next attempt starts a new visit.
    pub(super) fn end_visit(&self, attempt: &LoginAttempt) {
        self.lock().visits.remove(&key(attempt));
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
            let Some(waiter) = self.next() else { return };
            // If the channel is closed, the attempt no longer waits.
            if waiter.granted.send(()).is_ok() {
                self.running.insert(waiter.ticket, now + LONGEST_RUN);
            }
        }
    }

    /// Takes the next attempt by smooth weighted round robin over the classes that have one.
    fn next(&mut self) -> Option<Waiter> {
        let mut total = 0;
        for (class, queue) in &mut self.queues {
            if queue.len() == 0 {
                queue.credit = 0;
            } else {
                queue.credit += class.weight();
                total += class.weight();
            }
        }
        let waiting = self.queues.values_mut().filter(|queue| queue.len() > 0);
        let queue = waiting.max_by_key(|queue| queue.credit)?;
        queue.credit -= total;
        queue.pop()
    }

    /// Returns the start of the visit of an address; starts one if there is none.
    fn visit(&mut self, key: LimitKey, now: Instant) -> Instant {
        let recent = self.visits.get(&key).filter(|(_, last)| now.saturating_duration_since(*last) < RETURN);
        let since = recent.map_or(now, |(first, _)| first);
        self.visits.insert(key, (since, now));
        since
    }
}

/// Returns the key of a visit: the address, or the email if there is no address.
fn key(attempt: &LoginAttempt) -> LimitKey {
    attempt.address().unwrap_or(attempt.email)
}

#[cfg(test)]
impl Gate {
    /// The numbers of running and waiting attempts.
    pub(super) fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.running.len(), state.queues.values().map(Queue::len).sum())
    }
}
