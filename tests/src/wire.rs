//! A bare connection, for requests that no HTTP library sends.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::Reply;

const LIMIT: Duration = Duration::from_secs(15);

/// A TCP connection to the server.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    /// The bytes that arrived together with the previous response.
    unread: Vec<u8>,
}

impl Wire {
    pub(crate) async fn connect(address: &str) -> Self {
        Self::new(TcpStream::connect(address).await.expect("a server that listens"))
    }

    /// Connects from another address of the loopback network.
    pub async fn connect_from(source: &str, address: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(source.parse().expect("an address"), 0)).expect("a loopback address");
        let address = address.parse().expect("an address with a port");
        Self::new(socket.connect(address).await.expect("a server that listens"))
    }

    /// Connects; `None` if there is no listener.
    pub async fn try_connect(address: &str) -> Option<Self> {
        TcpStream::connect(address).await.ok().map(Self::new)
    }

    const fn new(stream: TcpStream) -> Self {
        Self { stream, unread: Vec::new() }
    }

    /// Returns whether the server has not closed or reset the connection; what it sends is not read.
    pub fn is_open(&self) -> bool {
        let has_error = self.stream.take_error().is_ok_and(|error| error.is_some());
        !has_error && self.stream.peer_addr().is_ok()
    }

    /// Sends bytes; returns whether the connection still accepted them.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Reads one response; `None` if the server closes without one.
    pub async fn reply(&mut self) -> Option<Reply> {
        let read = timeout(LIMIT, self.read_reply()).await;
        read.expect("an answer, or an end, in time")
    }

    /// Returns whether the server closes the connection within `limit`; what it sends is dropped.
    pub async fn closes_within(&mut self, limit: Duration) -> bool {
        let mut part = [0; 1_024];
        let end = async {
            loop {
                match self.stream.read(&mut part).await {
                    Ok(0) => return true,
                    Ok(_) => {}
                    Err(error) => return error.kind() != ErrorKind::WouldBlock,
                }
            }
        };
        timeout(limit, end).await.unwrap_or(false)
    }

    /// Resets the connection (RST), so that the server also loses what it has not read.
    pub fn reset(self) {
        // An error means that the server has closed the connection.
        let _ = self.stream.set_zero_linger();
    }

    async fn read_reply(&mut self) -> Option<Reply> {
        loop {
            if let Some((reply, length)) = parse(&self.unread) {
                self.unread.drain(..length);
                return Some(reply);
            }
            match self.stream.read_buf(&mut self.unread).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return None,
            }
        }
    }
}

/// Reads a response with a `Content-Length`, and returns its length, too; `None` while it is incomplete.
fn parse(bytes: &[u8]) -> Option<(Reply, usize)> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some((Reply { status, headers, body }, end + 4 + length))
}
