//! A mixed load of honest clients on several instances, with a history of their calls.

mod client;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;

use crate::history::Recorder;
use client::Client;

/// What the clients do.
#[derive(Clone, Debug)]
pub struct Mix {
    /// The number of clients, each with one session at a time.
    pub clients: usize,
    /// The calls per second of all clients together.
    pub rate: u32,
    /// The clients log in as these users, in turns.
    pub users: Vec<String>,
    /// Whether `TOKENS__CONCURRENT_REFRESH` is `share`: clients without a key repeat a refresh that had no definite answer.
    pub shares: bool,
}

/// Running clients.
#[derive(Debug)]
pub struct Load {
    /// The history of their calls.
    pub recorder: Arc<Recorder>,
    is_over: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts the clients.
    pub fn start(recorder: Arc<Recorder>, mix: &Mix) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let pause = Duration::from_secs(1) * u32::try_from(mix.clients).expect("few clients") / mix.rate;
        let clients = (0..mix.clients).map(|number| {
            let user = mix.users[number % mix.users.len()].clone();
            let client = Client::new(Arc::clone(&recorder), user, number, mix.shares);
            tokio::spawn(client.run(pause, Arc::clone(&is_over)))
        });
        Self { clients: clients.collect(), is_over, recorder }
    }

    /// Stops the clients after their present calls, and returns the history.
    pub async fn stop(self) -> Arc<Recorder> {
        self.is_over.store(true, Ordering::Relaxed);
        for client in join_all(self.clients).await {
            client.expect("a client that does not panic");
        }
        self.recorder
    }
}
