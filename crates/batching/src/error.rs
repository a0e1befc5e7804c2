//! The errors of a question.

use thiserror::Error;

/// The reason why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BatchError<E> {
    /// The batch failed. Each of its members gets this error.
    #[error(transparent)]
    Failed(E),
    /// The deadline of the question passed.
    #[error("the deadline passed before the answer arrived")]
    TimedOut,
    /// The sender returned another number of answers than it got questions, so that no answer can be assigned.
    #[error("{answers} answers to {questions} questions")]
    Mismatched {
        /// The number of questions in the batch.
        questions: usize,
        /// The number of answers.
        answers: usize,
    },
    /// The batch ended without a result: the sender panicked, or the runtime of the batch ended.
    #[error("the batch ended without a result")]
    Lost,
}
