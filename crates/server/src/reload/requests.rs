//! Requests to read the secrets again, because a server has rejected them.

use std::sync::OnceLock;

use async_trait::async_trait;
use auth_store_connection::Renewal;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// The requests that may wait. Further ones wait until there is room, within the deadline of their caller.
const WAITING: usize = 64;

/// A request. It is answered when the secrets were read, or when this is not due.
pub(super) type Request = oneshot::Sender<()>;

/// Requests of adapters. In a command, and before the server has started, they return at once: there is nothing new to read.
#[derive(Default)]
pub(crate) struct ReloadRequests(OnceLock<Sender<Request>>);

impl ReloadRequests {
    /// Receives the requests from now on. Only the first receiver gets them.
    pub(super) fn receive(&self) -> Receiver<Request> {
        let (sender, receiver) = channel(WAITING);
        // The second receiver is closed at once.
        let _ = self.0.set(sender);
        receiver
    }
}

#[async_trait]
impl Renewal for ReloadRequests {
    async fn renew(&self) {
        let Some(sender) = self.0.get() else { return };
        let (request, answer) = oneshot::channel();
        // Errors mean that the process stops.
        if sender.send(request).await.is_ok() {
            let _ = answer.await;
        }
    }
}
