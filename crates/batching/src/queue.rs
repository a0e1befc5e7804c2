//! The questions that wait for the next batch.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use crate::error::BatchError;

/// A question, and where its answer goes.
pub(crate) struct Member<Q, A, E> {
    pub(crate) question: Q,
    pub(crate) until: Instant,
    pub(crate) answer: oneshot::Sender<Result<A, BatchError<E>>>,
}

pub(crate) struct Queue<Q, A, E>(Mutex<State<Q, A, E>>);

struct State<Q, A, E> {
    waiting: VecDeque<Member<Q, A, E>>,
    /// Whether a task sends batches.
    is_running: bool,
}

impl<Q, A, E> Queue<Q, A, E> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State { waiting: VecDeque::new(), is_running: false }))
    }

    /// Adds a question. Returns whether the caller must start the task that sends batches.
    pub(crate) fn add(&self, member: Member<Q, A, E>) -> bool {
        let mut state = self.state();
        state.waiting.push_back(member);
        !std::mem::replace(&mut state.is_running, true)
    }

    /// Takes the next batch, without the questions whose caller has left. If there is none, the task must end.
    pub(crate) fn take(&self, max: usize) -> Vec<Member<Q, A, E>> {
        let mut state = self.state();
        let mut batch = Vec::with_capacity(max.min(state.waiting.len()));
        while batch.len() < max {
            let Some(member) = state.waiting.pop_front() else { break };
            if !member.answer.is_closed() {
                batch.push(member);
            }
        }
        state.is_running = !batch.is_empty();
        batch
    }

    /// Drops the questions of a task that ended too early, so that their callers do not wait.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.is_running = false;
        state.waiting.clear();
    }

    fn state(&self) -> MutexGuard<'_, State<Q, A, E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
