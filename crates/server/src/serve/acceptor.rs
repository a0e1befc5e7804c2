//! The acceptor of a listener, which hands each connection to the worker with the fewest.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::Event;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::listener::BACKLOG;
use crate::connection::{Connections, Registration};

/// The pause after an error that is not about one connection.
const RETRY_AFTER: Duration = Duration::from_millis(50);

/// A connection for a worker.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) registration: Registration,
    /// The place of the open socket; it is dropped when the socket is closed.
    pub(super) place: Place,
}

/// The place of an open socket, in the limit of the process and among the connections of its worker.
pub(super) struct Place {
    _socket: OwnedSemaphorePermit,
    _of_worker: Arc<()>,
}

/// A worker, as its acceptor sees it.
struct Seat {
    sender: UnboundedSender<Accepted>,
    /// It is shared by the connections of the worker, which are counted by it.
    connections: Arc<()>,
}

/// The acceptor of one listener.
pub(super) struct Acceptor {
    listener: tokio::net::TcpListener,
    /// The same listener, for accepting from its queue without waiting.
    queue: TcpListener,
    connections: Arc<Connections>,
    workers: Vec<Seat>,
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
        let seat = |sender| Seat { sender, connections: Arc::default() };
        let workers = workers.into_iter().map(seat).collect();
        Ok(Self { listener, queue, connections, workers, is_failing: false })
    }

    /// Accepts connections until `stop`. Then it accepts those that the kernel has queued, and closes the listener.
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
        // The semaphore is never closed.
        let Some(socket) = self.connections.socket().await else { return };
        // Tokio has registered the socket with this runtime; the worker registers it with its own.
        let accepted = self.listener.accept().await;
        match accepted.and_then(|(stream, peer)| Ok((stream.into_std()?, peer))) {
            Ok((stream, peer)) => {
                self.is_failing = false;
                self.hand_over(stream, peer, socket);
            }
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                if !self.is_failing {
                    warn!(event = Event::AcceptFailed.name(), %error, "connections cannot be accepted; retrying");
                }
                self.is_failing = true;
                sleep(RETRY_AFTER).await;
            }
        }
    }

    fn hand_over(&self, stream: TcpStream, peer: SocketAddr, socket: OwnedSemaphorePermit) {
        let Some(registration) = Registration::admit(&self.connections, peer.ip()) else { return };
        // A worker that has failed would always have the fewest connections.
        let running = self.workers.iter().filter(|worker| !worker.sender.is_closed());
        if let Some(worker) = running.min_by_key(|worker| Arc::strong_count(&worker.connections)) {
            let place = Place { _socket: socket, _of_worker: worker.connections.clone() };
            // A worker ends only after its acceptor.
            let _ = worker.sender.send(Accepted { stream, peer, registration, place });
        }
    }
}

/// Returns whether an error means that the client closed the connection before the accept.
fn is_about_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    [ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted].contains(&error.kind())
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::connection::ConnectionLimits;
    use crate::metrics::ConnectionMetrics;

    fn connections(total: usize) -> Arc<Connections> {
        let limits = ConnectionLimits { total, per_address: total, trusted_proxies: Vec::new() };
        Connections::new(limits, ConnectionMetrics::default())
    }

    // S-97
    #[tokio::test]
    async fn queued_connections_are_accepted_before_the_listener_closes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..5).map(|_| TcpStream::connect(address).unwrap()).collect();
        let (sender, mut worker) = unbounded_channel();
        let acceptor = Acceptor::new(listener, connections(100), vec![sender]).unwrap();
        let stop = CancellationToken::new();
        stop.cancel();
        acceptor.run(stop).await;
        let mut peers = Vec::new();
        while let Some(accepted) = worker.recv().await {
            peers.push(accepted.peer);
        }
        let expected: Vec<_> = clients.iter().map(|client| client.local_addr().unwrap()).collect();
        assert_eq!(peers, expected);
        assert!(TcpStream::connect(address).is_err());
    }

    #[tokio::test]
    async fn worker_that_has_failed_gets_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ((failed, _), (running, mut worker)) = (unbounded_channel(), unbounded_channel());
        let acceptor = Acceptor::new(listener, connections(100), vec![failed, running]).unwrap();
        let stop = CancellationToken::new();
        let accepting = tokio::spawn(acceptor.run(stop.clone()));
        let mut accepted = Vec::new();
        for _ in 0..3 {
            let client = TcpStream::connect(address).unwrap();
            accepted.push((client, worker.recv().await.unwrap()));
        }
        stop.cancel();
        accepting.await.unwrap();
    }

    // S-74
    #[tokio::test(start_paused = true)]
    async fn the_limit_does_not_stop_the_acceptor_and_workers_take_turns() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ((first, mut one), (second, mut other)) = (unbounded_channel(), unbounded_channel());
        let acceptor = Acceptor::new(listener, connections(2), vec![first, second]).unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(acceptor.run(stop.clone()));
        let mut accepted = Vec::new();
        for _ in 0..3 {
            for worker in [&mut one, &mut other] {
                let _client = TcpStream::connect(address).unwrap();
                accepted.push(worker.recv().await.unwrap());
                // A new connection is not evicted.
                tokio::time::advance(Duration::from_secs(1)).await;
            }
        }
        assert_eq!(accepted.len(), 6, "no connection waited for the limit of two");
        stop.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_connection_goes_to_the_worker_with_the_fewest() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ((first, mut one), (second, mut other)) = (unbounded_channel(), unbounded_channel());
        let acceptor = Acceptor::new(listener, connections(100), vec![first, second]).unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(acceptor.run(stop.clone()));
        let _client = TcpStream::connect(address).unwrap();
        let open = one.recv().await.unwrap();
        for _ in 0..3 {
            let _client = TcpStream::connect(address).unwrap();
            // It closes at once, so this worker has fewer connections again.
            drop(other.recv().await.unwrap());
        }
        drop(open);
        stop.cancel();
        running.await.unwrap();
    }
}
