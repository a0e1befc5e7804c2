//! Honest clients: log in, refresh, log out, and wait as long as `Retry-After` asks.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use auth_e2e::PASSWORD;
use auth_e2e::clock::{Stopwatch, pause};
use futures_util::future::join_all;
use serde_json::json;

use crate::client::{Answer, Client, post};
use crate::target::{Target, USERS, email, honest_address};

/// The time within which a client that obeys `Retry-After` must be logged in.
pub(crate) const LOGIN_LIMIT: Duration = Duration::from_secs(30);
/// Each client has four sessions per second at most: below the limit on refreshes of one user.
const PAUSE: Duration = Duration::from_millis(250);
/// The wait after a failed connection, which has no `Retry-After`.
const RECONNECT: Duration = Duration::from_millis(200);

/// What the honest clients of one phase saw.
#[derive(Default)]
pub(crate) struct Experience {
    /// From the request that succeeded to its response.
    pub(crate) logins: Vec<Duration>,
    /// From the first attempt to the 200, with all waits.
    pub(crate) waits: Vec<Duration>,
    pub(crate) refreshes: Vec<Duration>,
    pub(crate) logouts: Vec<Duration>,
    /// Responses with `Retry-After`.
    pub(crate) rejected: usize,
    /// Errors that a client which obeys the contract must never get.
    pub(crate) failures: Vec<String>,
    /// Clients without a 200 within [`LOGIN_LIMIT`].
    pub(crate) locked_out: usize,
}

/// Runs a client for each user for `time`, each with a new connection for each session.
pub(crate) async fn honest_clients(
    target: &Target,
    time: Duration,
    headers: &'static [&'static [u8]],
) -> Experience {
    let watch = Stopwatch::start();
    let clients = (0..USERS).map(|number| {
        let client = Honest::new(target, number, headers);
        async move {
            let mut seen = Experience::default();
            while watch.elapsed() < time {
                client.session(&mut seen).await;
                pause(PAUSE).await;
            }
            seen
        }
    });
    let clients = clients.map(tokio::spawn);
    let mut all = Experience::default();
    for seen in join_all(clients).await {
        all.add(seen.expect("a client that does not panic"));
    }
    all
}

/// One honest client.
#[derive(Clone)]
pub(crate) struct Honest {
    pub(crate) source: Ipv4Addr,
    pub(crate) email: Arc<str>,
    pub(crate) target: SocketAddr,
    /// Lines that this client adds to each head.
    pub(crate) headers: &'static [&'static [u8]],
}

impl Honest {
    /// The client of a user.
    pub(crate) fn new(target: &Target, number: u16, headers: &'static [&'static [u8]]) -> Self {
        let (source, email) = (honest_address(number), Arc::from(email(number % USERS)));
        Self { source, email, target: target.address, headers }
    }

    /// Logs in over new connections until the response is 200; returns the open connection and the response.
    pub(crate) async fn log_in(&self, seen: &mut Experience) -> Option<(Client, Answer)> {
        let request = post("login", self.headers, &json!({ "email": &*self.email, "password": PASSWORD }));
        let first = Stopwatch::start();
        loop {
            let watch = Stopwatch::start();
            let wait = match self.attempt(&request).await {
                Ok((client, answer)) if answer.status == 200 => {
                    seen.logins.push(watch.elapsed());
                    seen.waits.push(first.elapsed());
                    return Some((client, answer));
                }
                Ok((_, answer)) => match (answer.status, answer.retry_after()) {
                    (429 | 503, Some(wait)) => {
                        seen.rejected += 1;
                        wait
                    }
                    (status, _) => {
                        seen.failures.push(format!("login: {status}"));
                        RECONNECT
                    }
                },
                Err(error) => {
                    seen.failures.push(format!("login: {error}"));
                    RECONNECT
                }
            };
            if first.elapsed() + wait > LOGIN_LIMIT {
                seen.waits.push(LOGIN_LIMIT);
                seen.locked_out += 1;
                return None;
            }
            pause(wait).await;
        }
    }

    /// Logs in, refreshes once, and logs out.
    async fn session(&self, seen: &mut Experience) {
        let Some((mut client, login)) = self.log_in(seen).await else { return };
        let refresh = post("refresh", self.headers, &json!({ "refreshToken": login.field("refreshToken") }));
        let Some(refreshed) = self.timed(&mut client, "refresh", &refresh, 200, seen).await else { return };
        let access = refreshed.field("accessToken").unwrap_or_default();
        let body = json!({ "refreshToken": refreshed.field("refreshToken") });
        let bearer = format!("Authorization: Bearer {access}");
        let logout = post("logout", &[self.headers, &[bearer.as_bytes()]].concat(), &body);
        self.timed(&mut client, "logout", &logout, 204, seen).await;
    }

    async fn timed(
        &self,
        client: &mut Client,
        name: &str,
        request: &[u8],
        expected: u16,
        seen: &mut Experience,
    ) -> Option<Answer> {
        let watch = Stopwatch::start();
        match client.call(request).await {
            Ok(answer) if answer.status == expected => {
                let times = if expected == 200 { &mut seen.refreshes } else { &mut seen.logouts };
                times.push(watch.elapsed());
                return Some(answer);
            }
            Ok(answer) => seen.failures.push(format!("{name}: {}", answer.status)),
            Err(error) => seen.failures.push(format!("{name}: {error}")),
        }
        None
    }

    async fn attempt(&self, request: &[u8]) -> std::io::Result<(Client, Answer)> {
        let mut client = Client::connect(self.source, self.target).await?;
        let answer = client.call(request).await?;
        Ok((client, answer))
    }
}

impl Experience {
    fn add(&mut self, other: Self) {
        self.logins.extend(other.logins);
        self.waits.extend(other.waits);
        self.refreshes.extend(other.refreshes);
        self.logouts.extend(other.logouts);
        self.rejected += other.rejected;
        self.failures.extend(other.failures);
        self.locked_out += other.locked_out;
    }
}
