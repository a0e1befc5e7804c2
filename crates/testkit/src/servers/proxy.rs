//! A TCP proxy that injects faults.

mod connection;
mod faults;
mod pipe;

use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use connection::{Route, serve};
pub use faults::Direction;
use faults::{Ending, Faults};

/// The usual number of connections that the kernel keeps for a listener.
const BACKLOG: i32 = 1_024;
/// The kernel of this machine answers a connection attempt sooner, if at all.
const UNANSWERED: Duration = Duration::from_millis(200);

/// A TCP proxy in front of a server, for Redis, Postgres or any other protocol. A test switches faults on and off.
///
/// A fault applies to existing and new connections. All faults can be combined.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    listener: Arc<TcpListener>,
    route: Arc<Route>,
    /// Connections that fill the queue of the listener, so that the kernel drops further attempts.
    queued: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A message that neither a client of Redis nor one of Postgres can read.
    pub const GARBAGE: &[u8] = &[0, 0, 0, 0, 5, 0xff];

    /// Starts a proxy in front of the server on this loopback port.
    pub async fn start(server: u16) -> Self {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.expect("a free port"));
        let port = listener.local_addr().expect("a bound port").port();
        let route = Arc::new(Route {
            server: AtomicU16::new(server),
            faults: watch::Sender::default(),
            endings: watch::Sender::default(),
            connections: AtomicU32::new(0),
            cuts: AtomicU32::new(0),
        });
        tokio::spawn(accept(Arc::clone(&listener), Arc::clone(&route)));
        Self { port, listener, route, queued: Mutex::default() }
    }

    /// Returns the port of the proxy.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of the proxy for a Redis client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Returns the number of connections so far.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.route.connections.load(Ordering::SeqCst)
    }

    /// Drops the replies of the server if `lose` is set; otherwise forwards them again.
    pub fn lose_replies(&self, lose: bool) {
        self.change(|faults| faults.loses_replies = lose);
    }

    /// Drops the reply to every command that contains `text`, and all later replies on its connection. `None` ends this for
    /// other connections.
    pub fn lose_replies_to(&self, text: Option<&str>) {
        self.change(|faults| faults.silenced = text.map(str::to_owned));
    }

    /// Closes the connection of every command that contains `text`, after the server has replied, without the reply.
    pub fn cut_replies_to(&self, text: Option<&str>) {
        self.change(|faults| faults.cut = text.map(str::to_owned));
    }

    /// Returns the number of connections so far that [`cut_replies_to`](Self::cut_replies_to) has closed.
    #[must_use]
    pub fn cuts(&self) -> u32 {
        self.route.cuts.load(Ordering::SeqCst)
    }

    /// Forwards replies this much later, in order. A zero duration ends the delay for later replies.
    pub fn delay(&self, delay: Duration) {
        self.change(|faults| faults.delay = delay);
    }

    /// Keeps the connections and passes nothing in this direction while `stalls` is set. Nothing is lost.
    pub fn stall(&self, direction: Direction, stalls: bool) {
        self.change(|faults| faults.set_stalled(direction, stalls));
    }

    /// Passes each byte in a packet of its own.
    pub fn byte_by_byte(&self, each: bool) {
        self.change(|faults| faults.byte_by_byte = each);
    }

    /// Sends these bytes in place of each reply. `None` ends this.
    pub fn answer(&self, bytes: Option<&[u8]>) {
        self.change(|faults| faults.answer = bytes.map(<[u8]>::to_vec));
    }

    /// Behaves like a network that drops all packets: new connections are neither accepted nor rejected, and existing ones pass
    /// nothing. As TCP does, they pass everything after the end of the fault.
    ///
    /// # Panics
    /// If the kernel still accepts connections.
    pub async fn black_hole(&self, on: bool) {
        self.change(|faults| faults.set_black_hole(on));
        self.queued.lock().expect("no panic").clear();
        // The queue of a listener with a backlog of 0 has one place.
        rustix::net::listen(&self.listener, if on { 0 } else { BACKLOG }).expect("a listener");
        let mut attempts = 0;
        while on && self.fill_the_queue().await {
            attempts += 1;
            assert!(attempts < 100, "the kernel still accepts connections");
        }
    }

    /// Returns whether the kernel has accepted one more connection.
    async fn fill_the_queue(&self) -> bool {
        let Ok(attempt) = timeout(UNANSWERED, TcpStream::connect(("127.0.0.1", self.port))).await else {
            return false;
        };
        self.queued.lock().expect("no panic").push(attempt.expect("a listener"));
        true
    }

    /// Drops everything on the existing connections without closing them, like a firewall that has forgotten them.
    pub fn forget_connections(&self) {
        let connections = self.connections();
        self.change(|faults| faults.first_remembered = connections);
    }

    /// Forwards new connections to another server and closes the existing ones, like an address that moves in a failover.
    pub fn redirect_to(&self, server: u16) {
        self.lead_to(server);
        self.cut();
    }

    /// Forwards new connections to another server and keeps the existing ones, like a name that is changed in a failover.
    pub fn lead_to(&self, server: u16) {
        self.route.server.store(server, Ordering::Relaxed);
    }

    /// Closes every existing connection.
    pub fn cut(&self) {
        self.route.endings.send_replace(Ending::Closed);
    }

    /// Resets every existing connection: both sides get a RST, and lose what they have not read.
    pub fn reset(&self) {
        self.route.endings.send_replace(Ending::Reset);
    }

    fn change(&self, change: impl FnOnce(&mut Faults)) {
        self.route.faults.send_modify(change);
    }
}

async fn accept(listener: Arc<TcpListener>, route: Arc<Route>) {
    let mut faults = route.faults.subscribe();
    while faults.wait_for(|faults| !faults.is_black_hole()).await.is_ok() {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((client, _)) = accepted {
                    tokio::spawn(serve(client, Arc::clone(&route), route.endings.subscribe()));
                }
            }
            _ = faults.changed() => {}
        }
    }
}
