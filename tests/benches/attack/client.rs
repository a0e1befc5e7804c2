//! A bare HTTP/1.1 client: cheap enough for a flood, and free to send bytes that no library would send.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const CONNECT_LIMIT: Duration = Duration::from_secs(3);
const SMALL_BUFFER: u32 = 4_096;
/// The service answers every request within 5 s of its last byte.
const CALL_LIMIT: Duration = Duration::from_secs(10);

/// A connection from a chosen loopback address.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A response, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: Vec<u8>,
}

impl Client {
    /// Connects to the service from `source`.
    pub(crate) async fn connect(source: Ipv4Addr, target: SocketAddr) -> io::Result<Self> {
        Self::connect_by(TcpSocket::new_v4()?, source, target).await
    }

    /// Connects with a small receive buffer, so that unread data stays in the service.
    pub(crate) async fn connect_with_small_buffer(source: Ipv4Addr, target: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
        Self::connect_by(socket, source, target).await
    }

    async fn connect_by(socket: TcpSocket, source: Ipv4Addr, target: SocketAddr) -> io::Result<Self> {
        socket.bind((source, 0).into())?;
        let stream = timeout(CONNECT_LIMIT, socket.connect(target)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends bytes without waiting for a response.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(CALL_LIMIT, self.stream.write_all(bytes)).await?
    }

    /// Sends a request and reads the response.
    pub(crate) async fn call(&mut self, request: &[u8]) -> io::Result<Answer> {
        // A server that rejects a long head may close while the client still sends. Its response still counts.
        let sent = self.send(request).await;
        match self.answer().await {
            Ok(answer) => Ok(answer),
            Err(error) => sent.and(Err(error)),
        }
    }

    /// Sends what the connection accepts at once; returns whether it is still open.
    pub(crate) fn send_some(&self, bytes: &[u8]) -> bool {
        match self.stream.try_write(bytes) {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }

    /// Discards what the service sends until the service closes the connection.
    pub(crate) async fn closed(&mut self) {
        let mut part = [0; 512];
        while self.stream.read(&mut part).await.is_ok_and(|length| length > 0) {}
    }

    /// Reads one response.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        timeout(CALL_LIMIT, self.read_answer()).await?
    }

    async fn read_answer(&mut self) -> io::Result<Answer> {
        let mut searched = 0;
        let end = loop {
            let unsearched = self.buffer.get(searched..).unwrap_or_default();
            if let Some(found) = unsearched.windows(4).position(|part| part == b"\r\n\r\n") {
                break searched + found + 4;
            }
            searched = self.buffer.len().saturating_sub(3);
            self.read_more().await?;
        };
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or(ErrorKind::InvalidData)?;
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
        while self.buffer.len() < length {
            self.read_more().await?;
        }
        answer.body = self.buffer.drain(..length).collect();
        Ok(answer)
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The wait that the response asks for.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.parse().ok().map(Duration::from_secs)
    }

    /// Whether the connection can carry another request.
    pub(crate) fn keeps_connection(&self) -> bool {
        !self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// A text field of the JSON body.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body.get(name)?.as_str().map(str::to_owned)
    }
}

/// A POST request with a JSON body. Each of `headers` is one line without its end.
pub(crate) fn post(endpoint: &str, headers: &[&[u8]], body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let mut request = format!(
        "POST /api/v1/auth/{endpoint} HTTP/1.1\r\nHost: auth.example\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n",
        body.len()
    )
    .into_bytes();
    for header in headers {
        request.extend_from_slice(header);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body.as_bytes());
    request
}
