//! Simultaneous rejected logins, and the times of the slowest of them.

use std::fmt::{self, Display, Formatter};
use std::net::SocketAddr;
use std::time::Duration;

use auth_e2e::WRONG_PASSWORD;
use auth_e2e::clock::Stopwatch;
use futures_util::future::join_all;
use serde_json::json;

use super::accounts::Kind;
use crate::client::{Client, post};
use crate::target::{Target, attacker_address};

/// The fewest samples of each kind that can decide.
const FEWEST: usize = 9;

/// A number of simultaneous attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Simultaneous {
    number: u16,
    /// Whether each attempt is for another email.
    spread: bool,
}

pub(super) const SIMULTANEOUS: [Simultaneous; 7] = [
    Simultaneous { number: 1, spread: false },
    Simultaneous { number: 2, spread: false },
    Simultaneous { number: 2, spread: true },
    Simultaneous { number: 4, spread: false },
    Simultaneous { number: 4, spread: true },
    Simultaneous { number: 8, spread: false },
    Simultaneous { number: 8, spread: true },
];

impl Display for Simultaneous {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let emails = if self.spread { "emails" } else { "on one email" };
        write!(formatter, "{} {emails}", self.number)
    }
}

/// Connections, one per address, each used for many attempts.
pub(super) struct Attempts {
    clients: Vec<Option<Client>>,
    target: SocketAddr,
    strangers: usize,
}

impl Attempts {
    /// Prepares attempts on `target`.
    pub(super) fn on(target: &Target) -> Self {
        Self { clients: Vec::new(), target: target.address, strangers: 0 }
    }

    /// Makes simultaneous attempts with a wrong password, and returns the time of the slowest.
    ///
    /// `None` if the password queue rejected one of them, as it does on a machine that is too busy.
    pub(super) async fn slowest(&mut self, kind: Kind, simultaneous: Simultaneous) -> Option<Duration> {
        let Simultaneous { number, spread } = simultaneous;
        self.strangers += 1;
        let requests: Vec<Vec<u8>> = (0..number)
            .map(|place| {
                let email = kind.email(if spread { place } else { 0 }, self.strangers);
                post("login", &[], &json!({ "email": email, "password": WRONG_PASSWORD }))
            })
            .collect();
        self.connect(number).await;
        let watch = Stopwatch::start();
        let attempts = self.clients.iter_mut().zip(&requests).map(async |(client, request)| {
            let open = client.as_mut().expect("an open connection");
            let answer = open.call(request).await.expect("a response");
            let time = watch.elapsed();
            assert!([401, 503].contains(&answer.status), "{}: {}", kind.name(), answer.status);
            if !answer.keeps_connection() {
                *client = None;
            }
            (answer.status == 401).then_some(time)
        });
        let times: Option<Vec<Duration>> = join_all(attempts).await.into_iter().collect();
        times?.into_iter().max()
    }

    /// Opens the missing ones of the first `number` connections, since the service closes unused ones.
    async fn connect(&mut self, number: u16) {
        for place in 0..number {
            let index = usize::from(place);
            if self.clients.len() <= index {
                self.clients.push(None);
            }
            if self.clients[index].is_none() {
                let client = Client::connect(attacker_address(place), self.target).await;
                self.clients[index] = Some(client.expect("a connection"));
            }
        }
    }
}

/// Times by group of simultaneous attempts, and by kind of account.
pub(super) struct Samples {
    kinds: Vec<Kind>,
    times: Vec<Vec<Vec<f64>>>,
    /// Rejections by the password queue, by kind: they must not depend on the kind either.
    busy: Vec<usize>,
}

impl Samples {
    pub(super) fn new(kinds: &[Kind]) -> Self {
        let times = vec![vec![Vec::new(); kinds.len()]; SIMULTANEOUS.len()];
        Self { kinds: kinds.to_vec(), times, busy: vec![0; kinds.len()] }
    }

    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    pub(super) fn rounds(&self) -> usize {
        self.times[0][0].len()
    }

    /// Adds the time of a group; `None` if the password queue rejected a part of it.
    pub(super) fn add(&mut self, group: usize, kind: usize, time: Option<Duration>) {
        match time {
            Some(time) => self.times[group][kind].push(time.as_secs_f64()),
            None => self.busy[kind] += 1,
        }
    }

    /// The groups that the password queue rejected, by kind.
    pub(super) fn busy(&self) -> &[usize] {
        &self.busy
    }

    /// The medians of a group, in seconds, in the order of the kinds.
    pub(super) fn medians(&self, group: usize) -> Vec<f64> {
        self.times[group].iter().map(|times| median(times)).collect()
    }

    /// The greatest difference between two kinds in a group, as a share of the time of one hash.
    pub(super) fn spread(&self, group: usize) -> f64 {
        let medians = self.medians(group);
        let most = medians.iter().copied().fold(0.0, f64::max);
        let least = medians.iter().copied().fold(f64::INFINITY, f64::min);
        let hash = self.medians(0).into_iter().fold(f64::INFINITY, f64::min);
        (most - least) / hash
    }

    /// The groups in which two kinds differ by the tolerance or more.
    pub(super) fn differences(&self, tolerance: f64) -> Vec<(usize, f64)> {
        let spreads = (0..SIMULTANEOUS.len()).map(|group| (group, self.spread(group)));
        spreads.filter(|(_, spread)| *spread >= tolerance).collect()
    }

    /// Whether noise alone does not explain the difference: the intervals of two kinds do not overlap.
    ///
    /// Fewer samples than [`FEWEST`] decide nothing.
    pub(super) fn is_significant(&self, group: usize) -> bool {
        if self.times[group].iter().any(|times| times.len() < FEWEST) {
            return false;
        }
        let intervals: Vec<(f64, f64)> = self.times[group].iter().map(|times| interval(times)).collect();
        let lowest = intervals.iter().map(|(_, high)| *high).fold(f64::INFINITY, f64::min);
        let highest = intervals.iter().map(|(low, _)| *low).fold(0.0, f64::max);
        lowest < highest
    }
}

/// The interval in which the median lies, by order statistics: three standard deviations of its rank, because many
/// pairs of kinds are compared.
fn interval(times: &[f64]) -> (f64, f64) {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let width = 3 * times.len().isqrt() / 2;
    let at = |index: usize| times.get(index).copied().unwrap_or(f64::NAN);
    (
        at((times.len() / 2).saturating_sub(width)),
        at((times.len() / 2 + width).min(times.len().saturating_sub(1))),
    )
}

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
