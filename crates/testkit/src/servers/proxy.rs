//! A TCP proxy that injects faults.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A TCP proxy in front of a server. A test can make it drop replies, close connections or change the server.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    route: Arc<Route>,
    /// The number of times that all connections were closed.
    cuts: watch::Sender<u32>,
}

#[derive(Debug)]
struct Route {
    server: AtomicU16,
    drops_replies: AtomicBool,
    /// The number of connections so far.
    connections: AtomicU32,
    /// Earlier connections pass nothing any more.
    first_audible: AtomicU32,
    /// A connection that has passed this text to the server gets no reply any more.
    silencing: Mutex<Option<String>>,
}

impl Proxy {
    /// Starts a proxy in front of the server on this loopback port.
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let route = Route {
            server: AtomicU16::new(server),
            drops_replies: AtomicBool::new(false),
            connections: AtomicU32::new(0),
            first_audible: AtomicU32::new(0),
            silencing: Mutex::default(),
        };
        let (route, (cuts, _)) = (Arc::new(route), watch::channel(0));
        let (accepting, cut) = (Arc::clone(&route), cuts.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = accepting.server.load(Ordering::Relaxed);
                let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                tokio::spawn(connect(client, upstream, Arc::clone(&accepting), cut.subscribe()));
            }
        });
        Self { port, route, cuts }
    }

    /// Returns the URL of the proxy for a Redis client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Drops the replies of the server if `lose` is set; otherwise forwards them again.
    pub fn lose_replies(&self, lose: bool) {
        self.route.drops_replies.store(lose, Ordering::Relaxed);
    }

    /// Drops the reply to every command that contains `text`, and all later replies on its connection. `None` ends this for
    /// other connections.
    pub fn lose_replies_to(&self, text: Option<&str>) {
        *self.route.silencing.lock().expect("no panic") = text.map(str::to_owned);
    }

    /// Drops everything on the existing connections without closing them, like a firewall that has forgotten them.
    pub fn forget_connections(&self) {
        self.route.first_audible.store(self.route.connections.load(Ordering::SeqCst), Ordering::SeqCst);
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
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn connect(client: TcpStream, upstream: TcpStream, route: Arc<Route>, mut cuts: watch::Receiver<u32>) {
    // Without this, a small reply would wait for the next one. The servers set it, too.
    let _ = (client.set_nodelay(true), upstream.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = upstream.into_split();
    let is_silent = AtomicBool::new(false);
    let number = route.connections.fetch_add(1, Ordering::SeqCst);
    let is_forgotten = || number < route.first_audible.load(Ordering::SeqCst);
    let commands = |part: &[u8]| {
        if route.silences(part) {
            is_silent.store(true, Ordering::Relaxed);
        }
        is_forgotten()
    };
    let replies = |_: &[u8]| {
        is_silent.load(Ordering::Relaxed) || route.drops_replies.load(Ordering::Relaxed) || is_forgotten()
    };
    tokio::select! {
        () = pass(from_client, to_server, commands) => {}
        () = pass(from_server, to_client, replies) => {}
        _ = cuts.changed() => {}
    }
}

impl Route {
    fn silences(&self, part: &[u8]) -> bool {
        let text = self.silencing.lock().expect("no panic");
        text.as_ref().is_some_and(|text| part.windows(text.len()).any(|window| window == text.as_bytes()))
    }
}

/// Forwards bytes, except those that `loses` accepts.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, loses: impl Fn(&[u8]) -> bool) {
    let mut part = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut part).await {
        let part = part.get(..length).unwrap_or_default();
        if !loses(part) && to.write_all(part).await.is_err() {
            return;
        }
    }
}
