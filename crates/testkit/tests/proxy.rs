//! The proxy injects each of its faults, and ends it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use auth_testkit::servers::{Direction, Proxy, RedisServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(5);
const A_WHILE: Duration = Duration::from_millis(100);

/// A connection through a proxy.
struct Connection(TcpStream);

impl Connection {
    async fn through(proxy: &Proxy) -> Self {
        Self(TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap())
    }

    async fn send(&mut self, command: &str) {
        self.0.write_all(command.as_bytes()).await.unwrap();
    }

    /// Reads the next bytes; none at the end of the connection.
    async fn read(&mut self) -> Result<String, ErrorKind> {
        let mut bytes = [0; 64];
        let read = timeout(SOON, self.0.read(&mut bytes)).await.expect("a reply in time");
        let text = read.map(|length| String::from_utf8_lossy(&bytes[..length]).into_owned());
        text.map_err(|error| error.kind())
    }

    async fn is_silent(&mut self) -> bool {
        timeout(A_WHILE, self.0.read(&mut [0; 64])).await.is_err()
    }

    async fn ping(&mut self) {
        self.send("PING\r\n").await;
        assert_eq!(self.read().await.as_deref(), Ok("+PONG\r\n"));
    }
}

async fn started() -> (RedisServer, Proxy, Connection) {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.port()).await;
    let mut connection = Connection::through(&proxy).await;
    connection.ping().await;
    (server, proxy, connection)
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_are_late_by_the_delay() {
    let (_server, proxy, mut connection) = started().await;
    proxy.delay(A_WHILE);
    let start = now();
    connection.ping().await;
    assert!(start.elapsed() >= A_WHILE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_direction_passes_everything_later() {
    let (server, proxy, mut connection) = started().await;
    for (direction, executed) in [(Direction::ToServer, "0"), (Direction::ToClient, "1")] {
        proxy.stall(direction, true);
        connection.send("SET key value\r\n").await;
        assert!(connection.is_silent().await);
        assert_eq!(server.cli(&["DEL", "key"]), executed);
        proxy.stall(direction, false);
        assert_eq!(connection.read().await.as_deref(), Ok("+OK\r\n"));
        let _ = server.cli(&["DEL", "key"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_reaches_both_sides() {
    let (_server, proxy, mut connection) = started().await;
    proxy.reset();
    assert_eq!(connection.read().await, Err(ErrorKind::ConnectionReset));
    let mut next = Connection::through(&proxy).await;
    next.ping().await;
    proxy.cut();
    assert_eq!(next.read().await.as_deref(), Ok(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_command_is_executed_and_its_reply_is_lost() {
    let (server, proxy, mut connection) = started().await;
    proxy.cut_replies_to(Some("SET key"));
    connection.ping().await;
    connection.send("SET key value\r\n").await;
    assert_eq!(connection.read().await.as_deref(), Ok(""));
    assert_eq!(server.cli(&["GET", "key"]), "value");
    Connection::through(&proxy).await.ping().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_leaves_the_connection_open() {
    let (server, proxy, mut connection) = started().await;
    proxy.lose_replies_to(Some("SET key"));
    connection.send("SET key value\r\n").await;
    assert!(connection.is_silent().await);
    assert_eq!(server.cli(&["GET", "key"]), "value");
    Connection::through(&proxy).await.ping().await;
    proxy.forget_connections();
    connection.send("DEL key\r\n").await;
    assert!(connection.is_silent().await);
    assert_eq!(server.cli(&["GET", "key"]), "value");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_arrive_one_by_one_or_are_replaced() {
    let (_server, proxy, mut connection) = started().await;
    proxy.byte_by_byte(true);
    connection.send("PING\r\n").await;
    let mut reply = connection.read().await.unwrap();
    let mut parts = 1;
    while reply.len() < 7 {
        reply += &connection.read().await.unwrap();
        parts += 1;
    }
    assert_eq!(reply, "+PONG\r\n");
    assert!(parts > 1, "the reply came as a whole");
    proxy.byte_by_byte(false);
    proxy.answer(Some(b"HTTP/1.1 200 OK\r\n"));
    connection.send("PING\r\n").await;
    assert_eq!(connection.read().await.as_deref(), Ok("HTTP/1.1 200 OK\r\n"));
    proxy.answer(None);
    connection.ping().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_drops_connection_attempts_and_ends() {
    let (_server, proxy, mut connection) = started().await;
    proxy.black_hole(true).await;
    let attempt = timeout(A_WHILE, TcpStream::connect(("127.0.0.1", proxy.port()))).await;
    assert!(attempt.is_err(), "{attempt:?}");
    connection.send("PING\r\n").await;
    assert!(connection.is_silent().await);
    proxy.black_hole(false).await;
    assert_eq!(connection.read().await.as_deref(), Ok("+PONG\r\n"));
    Connection::through(&proxy).await.ping().await;
}

#[expect(clippy::disallowed_methods, reason = "the test measures a delay")]
fn now() -> Instant {
    Instant::now()
}
