//! A bounded queue between the async callers and the threads that work on the file.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// First in, first out; never waits on the side that puts in.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    capacity: usize,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

/// Why an item was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    Full,
    Closed,
}

impl<T> Queue<T> {
    pub(crate) const fn new(capacity: usize) -> Self {
        let state = State { items: VecDeque::new(), closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), capacity }
    }

    /// Puts an item in, if there is room.
    pub(crate) fn push(&self, item: T) -> Result<(), Rejected> {
        let mut state = self.lock();
        if state.closed {
            return Err(Rejected::Closed);
        }
        if state.items.len() >= self.capacity {
            return Err(Rejected::Full);
        }
        state.items.push_back(item);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Waits for items and takes up to `most` of them; `None` once it is closed and empty.
    pub(crate) fn take(&self, most: usize) -> Option<Vec<T>> {
        let waiting = |state: &mut State<T>| state.items.is_empty() && !state.closed;
        let mut state = self.changed.wait_while(self.lock(), waiting).unwrap_or_else(PoisonError::into_inner);
        let count = state.items.len().min(most);
        (count > 0).then(|| state.items.drain(..count).collect())
    }

    /// Takes nothing more in; what is in it can still be taken out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_rejects_and_goes_on_after_a_take() {
        let queue = Queue::new(2);
        assert_eq!([1, 2, 3].map(|item| queue.push(item)), [Ok(()), Ok(()), Err(Rejected::Full)]);
        assert_eq!(queue.take(1), Some(vec![1]));
        assert_eq!(queue.push(3), Ok(()));
        assert_eq!(queue.take(64), Some(vec![2, 3]));
    }

    #[test]
    fn a_closed_queue_gives_out_what_it_has_and_then_ends() {
        let queue = Queue::new(2);
        queue.push(1).unwrap();
        queue.close();
        assert_eq!(queue.push(2), Err(Rejected::Closed));
        assert_eq!(queue.take(64), Some(vec![1]));
        assert_eq!(queue.take(64), None);
    }
}
