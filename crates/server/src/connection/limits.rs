//! The sizes and timeouts of one connection. The limits on the number of connections are in `connections.rs`.

use std::time::Duration;

/// The maximum size of a request head, in bytes. The response to a larger one is 431.
pub(super) const MAX_HEAD: usize = 32 * 1_024;
/// The most bytes that one read takes from a socket.
pub(super) const READ_SIZE: usize = 16 * 1_024;
/// The most bytes of an unread body that are discarded to keep the connection usable.
pub(super) const MAX_DRAIN: usize = 64 * 1_024;
/// The most bytes that are read for a body, with its chunk framing, because chunk extensions and trailers can be endless.
pub(super) const MAX_FRAMED: usize = MAX_DRAIN;
/// The most bytes that are read after the last response.
pub(super) const MAX_LINGER: usize = 256 * 1_024;
/// The maximum size of a request body that the application reads, in bytes. Its buffer is never larger.
pub(crate) const MAX_BODY: usize = 16 * 1_024;
/// The memory of a parsed header in addition to its bytes: two slots of a hash table, which may be half empty.
pub(super) const HEADER_MEMORY: usize = 512;
/// The minimum rate at which a client must read a response, in bytes per second.
const MIN_RATE: usize = 64 * 1_024;

/// How long a connection waits for its client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// For a whole head, counted from its first byte; for the first head, counted from the accept (S-74).
    pub(crate) head: Duration,
    /// For the next request after a response.
    pub(crate) keep_alive: Duration,
    /// For a write that makes no progress.
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
