//! The connections that lookups share.
//!
//! Statements follow each other on one without waiting for answers, which takes the round trips out
//! of the price of a lookup.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use tokio::sync::Mutex;
use tokio::time::timeout_at;

use crate::connector::{Connector, Link};
use crate::error::StoreError;
use crate::limits::{CONNECT, bounded};

/// A connection that has left a statement unanswered for so long is not asked again. A caller in a hurry
/// gives up sooner, which says nothing of the connection.
const SUSPECT: Duration = Duration::from_millis(250);

/// The shared connections, made when they are first needed.
pub(crate) struct Links {
    connector: Arc<Connector>,
    clock: Arc<dyn Clock>,
    slots: [Slot; Links::COUNT],
    turn: AtomicUsize,
    /// Held by the one caller who connects.
    connecting: Mutex<()>,
    /// How often that has failed.
    failures: AtomicUsize,
}

#[derive(Default)]
struct Slot(RwLock<Option<Arc<Link>>>);

impl Links {
    /// How many there are: a third one adds nothing to the lookups per second.
    pub(crate) const COUNT: usize = 2;

    pub(crate) fn new(connector: Arc<Connector>, clock: Arc<dyn Clock>) -> Self {
        let (turn, failures) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { connector, clock, slots: Default::default(), turn, connecting: Mutex::default(), failures }
    }

    /// Returns the connection whose turn it is; connects where there is none.
    pub(crate) async fn get(&self, until: Instant) -> Result<Arc<Link>, StoreError> {
        let [even, odd] = &self.slots;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let slot = if turn.is_multiple_of(2) { even } else { odd };
        match slot.get() {
            Some(link) => Ok(link),
            None => self.connect(slot, until).await,
        }
    }

    /// Runs a statement on a connection, and gives that connection up for those who come later when it
    /// does not answer, or answers oddly. Statements that are under way on it go on.
    pub(crate) async fn run<T, E>(
        &self,
        link: &Arc<Link>,
        until: Instant,
        statement: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        let begun = self.clock.instant();
        let outcome = bounded(until, statement).await;
        if let Err(error) = &outcome {
            if matches!(error, StoreError::Demoted) {
                // The others lead to the same server.
                self.slots.iter().for_each(Slot::clear);
            }
            let is_silent = matches!(error, StoreError::Silent) && is_telling(error, begun, until);
            if is_silent || error.is_suspicious() {
                self.slots.iter().for_each(|slot| slot.retire(link));
            }
        }
        outcome
    }

    /// One caller connects; whoever comes meanwhile waits for him, no longer than he may take, and shares
    /// his success as well as his failure.
    async fn connect(&self, slot: &Slot, until: Instant) -> Result<Arc<Link>, StoreError> {
        let failures = self.failures.load(Ordering::Acquire);
        let until = until.min(self.clock.instant() + CONNECT);
        let Ok(_connecting) = timeout_at(until.into(), self.connecting.lock()).await else {
            return Err(StoreError::Silent);
        };
        if let Some(link) = slot.get() {
            return Ok(link);
        }
        if self.failures.load(Ordering::Acquire) != failures {
            return Err(StoreError::Unreachable);
        }
        let begun = self.clock.instant();
        let link = self.connector.link(until).await.inspect_err(|error| {
            if is_telling(error, begun, until) {
                self.failures.fetch_add(1, Ordering::Release);
            }
        })?;
        let link = Arc::new(link);
        slot.set(Arc::clone(&link));
        Ok(link)
    }
}

/// Tells whether an error says something of the server. Silence says nothing where the caller was in a
/// hurry.
fn is_telling(error: &StoreError, begun: Instant, until: Instant) -> bool {
    !matches!(error, StoreError::Silent) || until.saturating_duration_since(begun) >= SUSPECT
}

impl Slot {
    fn get(&self) -> Option<Arc<Link>> {
        let link = self.0.read().unwrap_or_else(PoisonError::into_inner);
        link.as_ref().filter(|link| link.is_open()).map(Arc::clone)
    }

    fn set(&self, link: Arc<Link>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(link);
    }

    fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn retire(&self, link: &Arc<Link>) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|current| Arc::ptr_eq(current, link));
    }
}
