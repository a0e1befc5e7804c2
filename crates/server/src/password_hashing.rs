//! The hashing of passwords in this process, as the metrics see it.

use std::time::Duration;

use auth_domain::model::HashFormat;

#[cfg(test)]
pub(crate) mod fake;

/// The state of the threads and of the queue that compute password hashes.
pub(crate) trait PasswordHashing: Send + Sync {
    /// Returns the number of passwords whose hash is being computed.
    fn running(&self) -> usize;

    /// Returns the number of passwords that wait for a thread.
    fn queued(&self) -> usize;

    /// Returns the number of passwords since the start that were rejected: the queue was full, the deadline passed, or there
    /// was no memory.
    fn rejected(&self) -> u64;

    /// Sets the observer of the times of hashes, by the format of their algorithm.
    fn observe_times(&self, observer: Box<dyn Fn(HashFormat, Duration) + Send + Sync>);
}
