//! What a connection needs of its socket.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A stream that can be aborted.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Makes the following close discard what the client has not received, so that the kernel frees it at once.
    fn abort(&self);
}

impl Transport for TcpStream {
    fn abort(&self) {
        // It fails only on a socket that is gone already.
        let _ = self.set_zero_linger();
    }
}

#[cfg(test)]
impl Transport for tokio::io::DuplexStream {
    fn abort(&self) {}
}
