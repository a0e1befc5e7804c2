//! A bare connection, for requests that no proper client would send.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Reply;

const LIMIT: Duration = Duration::from_secs(15);

/// A TCP connection to the server.
#[derive(Debug)]
pub struct Wire(TcpStream);

impl Wire {
    pub(crate) async fn connect(address: &str) -> Self {
        Self(TcpStream::connect(address).await.expect("a server that listens"))
    }

    /// Sends bytes as they are; returns whether the server still took them.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Reads one answer; `None` when the server closes without one.
    pub async fn reply(&mut self) -> Option<Reply> {
        let read = timeout(LIMIT, self.read_reply()).await;
        read.expect("an answer, or an end, in time")
    }

    /// Returns whether the server closes the connection within `limit`; what it sends is dropped.
    pub async fn closes_within(&mut self, limit: Duration) -> bool {
        let mut part = [0; 1_024];
        let end = async {
            loop {
                match self.0.read(&mut part).await {
                    Ok(0) => return true,
                    Ok(_) => {}
                    Err(error) => return error.kind() != ErrorKind::WouldBlock,
                }
            }
        };
        timeout(limit, end).await.unwrap_or(false)
    }

    async fn read_reply(&mut self) -> Option<Reply> {
        let mut bytes = Vec::new();
        loop {
            if let Some(reply) = parse(&bytes) {
                return Some(reply);
            }
            match self.0.read_buf(&mut bytes).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return None,
            }
        }
    }
}

/// Reads an answer with a `Content-Length`; `None` while it is not complete.
fn parse(bytes: &[u8]) -> Option<Reply> {
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
    Some(Reply { status, headers, body })
}
