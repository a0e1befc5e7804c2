//! The limits of every connection.

use std::time::Duration;

/// The largest request head, in bytes; beyond it the response is 431.
pub(super) const MAX_HEAD: usize = 32 * 1_024;
/// The most bytes that one read takes from a socket.
pub(super) const READ_SIZE: usize = 16 * 1_024;
/// The most bytes of an unread body that are discarded to keep the connection usable.
pub(super) const MAX_DRAIN: usize = 64 * 1_024;
/// The most bytes that are read of a body, with the framing of its chunks: extensions and trailers can be endless.
pub(super) const MAX_FRAMED: usize = MAX_DRAIN;
/// The most bytes that are read after the last response.
pub(super) const MAX_LINGER: usize = 256 * 1_024;
/// The largest request body that the application reads, in bytes; it takes a buffer of this size at most.
pub(crate) const MAX_BODY: usize = 16 * 1_024;
/// The memory that a parsed header takes in addition to its bytes: two places in a hash table that is half full.
pub(super) const HEADER_MEMORY: usize = 512;
/// The least bytes per second that a client must read of a response.
const MIN_RATE: usize = 64 * 1_024;

/// How long a connection waits for its client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// For a whole head: from its first byte, and for the first head from the accept (S-74).
    pub(crate) head: Duration,
    /// For the next request after a response.
    pub(crate) keep_alive: Duration,
    /// For any progress of a write.
    pub(crate) write: Duration,
    /// For the client's own close after the last response.
    pub(crate) linger: Duration,
    /// For a request that was already on its way when idle connections began to close (S-97).
    pub(crate) quiet: Duration,
}

impl Timeouts {
    /// The timeouts of the service; `keep_alive` is a setting.
    pub(crate) const fn new(keep_alive: Duration) -> Self {
        Self {
            head: Duration::from_secs(5),
            keep_alive,
            write: Duration::from_secs(5),
            linger: Duration::from_secs(1),
            quiet: Duration::from_millis(250),
        }
    }

    /// The time that a whole write of `length` bytes may take.
    pub(super) fn whole_write(&self, length: usize) -> Duration {
        let seconds = u64::try_from(length / MIN_RATE).unwrap_or(u64::MAX);
        self.write.saturating_add(Duration::from_secs(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_response_may_take_longer() {
        let timeouts = Timeouts::new(Duration::from_secs(75));
        assert_eq!(timeouts.whole_write(200), Duration::from_secs(5));
        assert_eq!(timeouts.whole_write(1_024 * 1_024), Duration::from_secs(21));
    }
}
