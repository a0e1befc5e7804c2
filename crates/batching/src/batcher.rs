//! The batcher, as callers use it.

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use crate::batch::{Shared, Task};
use crate::error::BatchError;
use crate::queue::{Member, Queue};

/// Sends the questions of concurrent callers together; cheap to clone.
pub struct Batcher<Q, A, E> {
    shared: Arc<Shared<Q, A, E>>,
    /// Where batches run; `None`: on the runtime of the caller who starts them.
    runtime: Option<Handle>,
}

impl<Q, A, E> Batcher<Q, A, E>
where
    Q: Send + 'static,
    A: Send + 'static,
    E: Clone + Send + 'static,
{
    /// Creates a batcher whose batches have at most `max` questions.
    ///
    /// `send` gets the questions of one batch and the latest deadline of its members. It must return the answers in the
    /// order of the questions.
    pub fn new<F>(max: usize, send: impl Fn(Vec<Q>, Instant) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<A>, E>> + Send + 'static,
    {
        Self::with(max, false, send)
    }

    /// Like [`new`](Self::new), and the tasks that are ready run before each batch is sent, so that their questions join it.
    ///
    /// Batches are larger under load, but their callers also continue at the same time. This suits callers who wait for nothing
    /// else afterwards.
    pub fn gathering<F>(max: usize, send: impl Fn(Vec<Q>, Instant) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<A>, E>> + Send + 'static,
    {
        Self::with(max, true, send)
    }

    fn with<F>(max: usize, gathers: bool, send: impl Fn(Vec<Q>, Instant) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<A>, E>> + Send + 'static,
    {
        let send = Box::new(move |questions, until| -> crate::batch::Answers<A, E> {
            Box::pin(send(questions, until))
        });
        let shared = Shared { queue: Queue::new(), max: max.max(1), gathers, send };
        Self { shared: Arc::new(shared), runtime: None }
    }

    /// Runs batches on this runtime, if there is one, so that they do not depend on the runtime of a caller.
    #[must_use]
    pub fn on(self, runtime: Option<Handle>) -> Self {
        Self { runtime, ..self }
    }

    /// Asks a question with the next batch, and returns its answer.
    ///
    /// # Errors
    /// The error of the batch, or `TimedOut` if there is no answer until `until`.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn ask(&self, question: Q, until: Instant) -> Result<A, BatchError<E>> {
        let (sender, answer) = oneshot::channel();
        if self.shared.queue.add(Member { question, until, answer: sender }) {
            let task = Task::new(&self.shared).run();
            match &self.runtime {
                Some(runtime) => runtime.spawn(task),
                None => tokio::spawn(task),
            };
        }
        match timeout_at(until.into(), answer).await {
            Ok(answer) => answer.unwrap_or(Err(BatchError::Lost)),
            Err(_) => Err(BatchError::TimedOut),
        }
    }
}

impl<Q, A, E> Clone for Batcher<Q, A, E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), runtime: self.runtime.clone() }
    }
}
