//! The observer of a store.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Operation;
use crate::ports::{Clock, PortErrorKind};

/// Observes what is sent to one store. It MUST return at once: it is called between a request and its response.
pub trait RoundTripObserver: Send + Sync {
    /// Observes a round trip: its answer or error arrived after `time`.
    fn round_trip(&self, operation: Operation, outcome: Result<(), PortErrorKind>, time: Duration);

    /// Several calls were sent together.
    fn batch(&self, operation: Operation, calls: usize);
}

/// The observer of a store, which is set later or never. Clones share it.
#[derive(Clone, Default)]
pub struct RoundTrips(Arc<OnceLock<Arc<dyn RoundTripObserver>>>);

impl RoundTrips {
    /// Sets the observer. Only the first call has an effect.
    pub fn observe(&self, observer: Arc<dyn RoundTripObserver>) {
        let _ = self.0.set(observer);
    }

    /// Waits for a round trip, and reports it. `kind` returns the kind of its error.
    ///
    /// # Errors
    /// The error of `answer`.
    pub async fn time<T, E>(
        &self,
        operation: Operation,
        clock: &dyn Clock,
        kind: impl FnOnce(&E) -> PortErrorKind,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let started = clock.instant();
        let answer = answer.await;
        let time = clock.instant().saturating_duration_since(started);
        self.record(operation, answer.as_ref().map(drop).map_err(kind), time);
        answer
    }

    /// Reports a round trip.
    pub fn record(&self, operation: Operation, outcome: Result<(), PortErrorKind>, time: Duration) {
        if let Some(observer) = self.0.get() {
            observer.round_trip(operation, outcome, time);
        }
    }

    /// Reports a batch.
    pub fn batch(&self, operation: Operation, calls: usize) {
        if let Some(observer) = self.0.get() {
            observer.batch(operation, calls);
        }
    }
}

impl fmt::Debug for RoundTrips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoundTrips").field("is_observed", &self.0.get().is_some()).finish()
    }
}
