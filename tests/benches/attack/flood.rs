//! Floods of single requests, one attacker per address.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use futures_util::future::join_all;

use crate::client::Client;

/// A flood ends by itself, whatever else goes wrong.
const LONGEST: Duration = Duration::from_secs(90);

/// Attackers that send one request after the other until they are stopped.
pub(crate) struct Flood {
    pub(crate) target: SocketAddr,
    pub(crate) attackers: Vec<Ipv4Addr>,
    /// The time between two requests of one attacker.
    pub(crate) pace: Duration,
}

/// The responses to a flood.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) statuses: BTreeMap<u16, usize>,
    /// Connections that broke without a response.
    pub(crate) broken: usize,
}

impl Flood {
    /// Sends requests until `stop` is set; `request` makes the bytes from the numbers of the attacker and the request.
    pub(crate) async fn run(
        self,
        stop: Arc<AtomicBool>,
        request: impl Fn(usize, usize) -> Vec<u8> + Send + Sync + 'static,
    ) -> Tally {
        let request = Arc::new(request);
        let (target, pace, count) = (self.target, self.pace, self.attackers.len());
        let attackers = self.attackers.into_iter().enumerate().map(|(number, source)| {
            let (stop, request) = (Arc::clone(&stop), Arc::clone(&request));
            let start = pace * u32::try_from(number).unwrap_or(0) / u32::try_from(count).unwrap_or(1);
            tokio::spawn(async move {
                pause(start).await;
                let attacker = Attacker { source, target, pace };
                attacker.run(&stop, |round| request(number, round)).await
            })
        });
        let mut all = Tally::default();
        for tally in join_all(attackers).await {
            all.add(tally.expect("an attacker that does not panic"));
        }
        all
    }
}

struct Attacker {
    source: Ipv4Addr,
    target: SocketAddr,
    pace: Duration,
}

impl Attacker {
    async fn run(&self, stop: &AtomicBool, request: impl Fn(usize) -> Vec<u8>) -> Tally {
        let (mut tally, mut connection, mut round) = (Tally::default(), None, 0);
        let begun = Stopwatch::start();
        while !stop.load(Ordering::Relaxed) && begun.elapsed() < LONGEST {
            let watch = Stopwatch::start();
            connection = tally.exchange(connection, self.source, self.target, &request(round)).await;
            round += 1;
            pause(self.pace.saturating_sub(watch.elapsed())).await;
        }
        tally
    }
}

impl Tally {
    /// The number of responses with this status.
    pub(crate) fn count(&self, status: u16) -> usize {
        self.statuses.get(&status).copied().unwrap_or(0)
    }

    /// Sends one request, counts the response, and returns the connection if it can carry another one.
    pub(crate) async fn exchange(
        &mut self,
        open: Option<Client>,
        source: Ipv4Addr,
        target: SocketAddr,
        request: &[u8],
    ) -> Option<Client> {
        let exchange = async {
            let mut connection = match open {
                Some(open) => open,
                None => Client::connect(source, target).await?,
            };
            let answer = connection.call(request).await?;
            Ok::<_, io::Error>((connection, answer))
        };
        let Ok((connection, answer)) = exchange.await else {
            self.broken += 1;
            return None;
        };
        *self.statuses.entry(answer.status).or_default() += 1;
        answer.keeps_connection().then_some(connection)
    }

    /// Adds the responses of another attacker.
    pub(crate) fn add(&mut self, other: Self) {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.broken += other.broken;
    }
}

impl Display for Tally {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for (status, count) in &self.statuses {
            write!(formatter, "{status}: {count}  ")?;
        }
        if self.broken > 0 {
            write!(formatter, "closed: {}", self.broken)?;
        }
        Ok(())
    }
}
