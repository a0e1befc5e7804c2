//! The phases of a shutdown, as connections see them (S-97).

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

/// The phase of the shutdown: serving, then draining, then closing.
#[derive(Debug, Default)]
pub(super) struct Drain {
    draining: AtomicBool,
    closing_since: OnceLock<Instant>,
}

impl Drain {
    /// Sends `Connection: close` in every response from now on.
    pub(super) fn begin(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Closes idle connections from now on, after a short time in which a request may still arrive.
    pub(super) fn begin_closing(&self, now: Instant) {
        self.begin();
        // A second call changes nothing.
        let _ = self.closing_since.set(now);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    pub(super) fn closing_since(&self) -> Option<Instant> {
        self.closing_since.get().copied()
    }
}
