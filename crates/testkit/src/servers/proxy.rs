//! A way to a server that can be made to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes every connection on to a server, until it is told to do otherwise.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    way: Arc<Way>,
    /// Counts how often all connections were cut.
    cuts: watch::Sender<u32>,
}

#[derive(Debug)]
struct Way {
    server: AtomicU16,
    loses_replies: AtomicBool,
}

impl Proxy {
    /// Stands before the server on this port.
    pub async fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let way = Way { server: AtomicU16::new(server), loses_replies: AtomicBool::new(false) };
        let (way, (cuts, _)) = (Arc::new(way), watch::channel(0));
        let (accepting, cut) = (Arc::clone(&way), cuts.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = accepting.server.load(Ordering::Relaxed);
                let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                tokio::spawn(connect(client, upstream, Arc::clone(&accepting), cut.subscribe()));
            }
        });
        Self { port, way, cuts }
    }

    /// Returns its address, for a client of Redis.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Loses what the server says, or passes it on again.
    pub fn lose_replies(&self, lose: bool) {
        self.way.loses_replies.store(lose, Ordering::Relaxed);
    }

    /// Leads later connections to another server, and cuts those that there are, as an address does that moves after a
    /// failover.
    pub fn lead_to(&self, server: u16) {
        self.way.server.store(server, Ordering::Relaxed);
        self.cut();
    }

    /// Cuts every connection that there is.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn connect(client: TcpStream, upstream: TcpStream, way: Arc<Way>, mut cuts: watch::Receiver<u32>) {
    // As the servers do themselves: a small reply must not wait for the next one.
    let _ = (client.set_nodelay(true), upstream.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = upstream.into_split();
    tokio::select! {
        () = pass(from_client, to_server, || false) => {}
        () = pass(from_server, to_client, || way.loses_replies.load(Ordering::Relaxed)) => {}
        _ = cuts.changed() => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, loses: impl Fn() -> bool) {
    let mut part = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut part).await {
        let part = part.get(..length).unwrap_or_default();
        if !loses() && to.write_all(part).await.is_err() {
            return;
        }
    }
}
