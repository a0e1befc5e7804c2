//! The interface of a socket to its connection.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A stream that can be aborted.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Makes the following close discard unsent bytes, so that the kernel frees them at once.
    fn abort(&self);
}

impl Transport for TcpStream {
    fn abort(&self) {
        // It fails only on a socket that is closed already.
        let _ = self.set_zero_linger();
    }
}

#[cfg(test)]
impl Transport for tokio::io::DuplexStream {
    fn abort(&self) {}
}
