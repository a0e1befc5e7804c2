//! Threads that are joined together.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Some threads.
#[derive(Default)]
pub(crate) struct Threads(Mutex<Vec<JoinHandle<()>>>);

impl Threads {
    /// Starts one more.
    pub(crate) fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = Builder::new().name(name.to_owned()).spawn(work)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Waits for all of them to end.
    pub(crate) fn join(&self) {
        for thread in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // A thread that panicked has nothing more to finish.
            drop(thread.join());
        }
    }
}
