//! A way to the server on which replies get lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Passes everything on, until it is told to lose what the server says.
pub(crate) struct Proxy {
    port: u16,
    loses_replies: Arc<AtomicBool>,
}

impl Proxy {
    /// Stands before the server on this port.
    pub(crate) async fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let loses_replies = Arc::new(AtomicBool::new(false));
        let loses = Arc::clone(&loses_replies);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = upstream.into_split();
                tokio::spawn(pass(from_client, to_server, Arc::new(AtomicBool::new(false))));
                tokio::spawn(pass(from_server, to_client, Arc::clone(&loses)));
            }
        });
        Self { port, loses_replies }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn lose_replies(&self, lose: bool) {
        self.loses_replies.store(lose, Ordering::Relaxed);
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, loses: Arc<AtomicBool>) {
    let mut part = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut part).await {
        let part = part.get(..length).unwrap_or_default();
        if !loses.load(Ordering::Relaxed) && to.write_all(part).await.is_err() {
            return;
        }
    }
}
