//! The sizes and timeouts of one connection. The limits on the number of connections are in `connections.rs`.

use std::time::Duration;

/// The largest request head, in bytes. A larger one is a 431.
pub(super) const MAX_HEAD: usize = 32 * 1_024;
/// The largest read from a socket, in bytes.
pub(super) const READ_SIZE: usize = 16 * 1_024;
/// The most bytes of an unread body that are discarded to keep the connection open.
pub(super) const MAX_DRAIN: usize = 64 * 1_024;
/// The most bytes that are read of a body and the framing of its chunks, since extensions and trailers have no limit of their own.
pub(super) const MAX_FRAMED: usize = MAX_DRAIN;
/// The most bytes that are read after the last response.
pub(super) const MAX_LINGER: usize = 256 * 1_024;
/// The largest request body, in bytes, and the largest buffer for it.
pub(crate) const MAX_BODY: usize = 16 * 1_024;
/// The memory of a parsed header in addition to its bytes: two places in a hash table that is half full.
pub(super) const HEADER_MEMORY: usize = 512;
/// The fewest bytes per second that a client must read of a response.
const MIN_RATE: usize = 64 * 1_024;

/// The timeouts of waits for the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// The timeout of a whole head. It starts with the first byte, for the first head with the accept (S-74).
    pub(crate) head: Duration,
    /// The timeout of the next request after a response.
    pub(crate) keep_alive: Duration,
    /// The timeout of any progress in a write.
    pub(crate) write: Duration,
    /// The timeout of the client's close after the last response.
    pub(crate) linger: Duration,
    /// The timeout of a request that was on its way when idle connections began to close (S-97).
    pub(crate) quiet: Duration,
}

impl Timeouts {
    /// Returns the timeouts of the service; `keep_alive` is a setting.
    pub(crate) const fn new(keep_alive: Duration) -> Self {
        Self {
            head: Duration::from_secs(5),
            keep_alive,
            write: Duration::from_secs(5),
            linger: Duration::from_secs(1),
            quiet: Duration::from_millis(250),
        }
    }

    /// Returns the timeout of a whole write of `length` bytes.
    pub(super) fn whole_write(&self, length: usize) -> Duration {
        let seconds = u64::try_from(length / MIN_RATE).unwrap_or(u64::MAX);
        self.write.saturating_add(Duration::from_secs(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_response_has_a_longer_timeout() {
        let timeouts = Timeouts::new(Duration::from_secs(75));
        assert_eq!(timeouts.whole_write(200), Duration::from_secs(5));
        assert_eq!(timeouts.whole_write(1_024 * 1_024), Duration::from_secs(21));
    }
}
