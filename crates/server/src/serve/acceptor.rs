//! Accepting connections, and handing them to the workers in turn.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::listener::BACKLOG;
use crate::connection::{Connections, Registration};

/// How long to wait after an error that is not about one connection.
const RETRY_AFTER: Duration = Duration::from_millis(50);

/// A connection on its way to a worker.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) registration: Registration,
    /// Counts the open socket until it is closed.
    pub(super) socket: OwnedSemaphorePermit,
}

/// Accepts from one listener.
pub(super) struct Acceptor {
    listener: tokio::net::TcpListener,
    /// The same listener, for a look into its queue without a wait.
    queue: TcpListener,
    connections: Arc<Connections>,
    workers: Vec<UnboundedSender<Accepted>>,
    next: usize,
    is_failing: bool,
}

impl Acceptor {
    pub(super) fn new(
        listener: TcpListener,
        connections: Arc<Connections>,
        workers: Vec<UnboundedSender<Accepted>>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let queue = listener.try_clone()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        Ok(Self { listener, queue, connections, workers, next: 0, is_failing: false })
    }

    /// Accepts until `stop`; then takes what the kernel has queued already, and closes the listener.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        while stop.run_until_cancelled(self.accept()).await.is_some() {}
        for _ in 0..BACKLOG {
            let Some(socket) = self.connections.try_socket() else { break };
            let Ok((stream, peer)) = self.queue.accept() else { break };
            if stream.set_nonblocking(true).is_ok() {
                self.hand_over(stream, peer, socket);
            }
        }
    }

    async fn accept(&mut self) {
        // Never closed.
        let Some(socket) = self.connections.socket().await else { return };
        // Registered with this runtime by tokio, and with the worker's again.
        let accepted = self.listener.accept().await;
        match accepted.and_then(|(stream, peer)| Ok((stream.into_std()?, peer))) {
            Ok((stream, peer)) => {
                self.is_failing = false;
                self.hand_over(stream, peer, socket);
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                if !self.is_failing {
                    warn!(event = "accept_failed", %error, "connections cannot be accepted; retrying");
                }
                self.is_failing = true;
                sleep(RETRY_AFTER).await;
            }
        }
    }

    fn hand_over(&mut self, stream: TcpStream, peer: SocketAddr, socket: OwnedSemaphorePermit) {
        let Some(registration) = self.connections.admit(peer.ip()) else { return };
        self.next = (self.next + 1) % self.workers.len().max(1);
        if let Some(worker) = self.workers.get(self.next) {
            // A worker ends after its acceptor only.
            let _ = worker.send(Accepted { stream, peer, registration, socket });
        }
    }
}

/// The client gave up between its connect and the accept.
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    [ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted].contains(&error.kind())
}
