//! The task that sends batches.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use tokio::task::yield_now;

use crate::error::BatchError;
use crate::queue::{Member, Queue};

/// The answers to a batch of questions, in their order.
pub(crate) type Answers<A, E> = Pin<Box<dyn Future<Output = Result<Vec<A>, E>> + Send>>;

/// What askers and the task share.
pub(crate) struct Shared<Q, A, E> {
    pub(crate) queue: Queue<Q, A, E>,
    pub(crate) max: usize,
    /// Whether the tasks that are ready run before a batch is sent.
    pub(crate) gathers: bool,
    pub(crate) send: Box<dyn Fn(Vec<Q>, Instant) -> Answers<A, E> + Send + Sync>,
}

/// The task. If it is dropped before its end, the questions that wait are dropped, too.
pub(crate) struct Task<Q, A, E> {
    shared: Arc<Shared<Q, A, E>>,
    is_over: bool,
}

impl<Q, A, E: Clone> Task<Q, A, E> {
    pub(crate) fn new(shared: &Arc<Shared<Q, A, E>>) -> Self {
        Self { shared: Arc::clone(shared), is_over: false }
    }

    /// Sends batches until no question waits.
    pub(crate) async fn run(mut self) {
        loop {
            if self.shared.gathers {
                yield_now().await;
            }
            let batch = self.shared.queue.take(self.shared.max);
            if batch.is_empty() {
                self.is_over = true;
                return;
            }
            self.send(batch).await;
        }
    }

    async fn send(&self, batch: Vec<Member<Q, A, E>>) {
        let Some(until) = batch.iter().map(|member| member.until).max() else { return };
        let count = batch.len();
        let (mut questions, mut members) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for member in batch {
            questions.push(member.question);
            members.push(member.answer);
        }
        let sending = async { (self.shared.send)(questions, until).await };
        // A panic concerns this batch only. The sender is not used after a panic in a way that depends on its state.
        let error = match AssertUnwindSafe(sending).catch_unwind().await {
            Ok(Ok(answers)) if answers.len() == count => {
                for (member, answer) in members.into_iter().zip(answers) {
                    // The caller may have left.
                    let _ = member.send(Ok(answer));
                }
                return;
            }
            Ok(Ok(answers)) => BatchError::Mismatched { questions: count, answers: answers.len() },
            Ok(Err(error)) => BatchError::Failed(error),
            Err(_panic) => BatchError::Lost,
        };
        for member in members {
            let _ = member.send(Err(error.clone()));
        }
    }
}

impl<Q, A, E> Drop for Task<Q, A, E> {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.queue.abandon();
        }
    }
}
