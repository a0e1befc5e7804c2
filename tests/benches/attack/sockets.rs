//! Connections that are held open without use, up to nine tenths of the limit on open files.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, pause};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::besiege::DEFAULT_HASHING_MIB;
use crate::client::{Client, post};
use crate::flood::Tally;
use crate::honest::{Experience, Honest};
use crate::report::{Report, Row};
use crate::target::{Route, Target, attacker_address};

/// The time within which a new client must be logged in.
const NEW_CLIENT_LIMIT: Duration = Duration::from_secs(1);
const OPENING_LIMIT: Duration = Duration::from_secs(8);
const OPENING_AT_ONCE: usize = 64;
/// How long an attacker waits after the service has closed a connection.
const REOPEN: Duration = Duration::from_secs(4);
const PROBES: u16 = 16;
const PROBE_EVERY: Duration = Duration::from_millis(400);
/// Connections per address of an attacker with many addresses: below the limit of one address.
const PER_ADDRESS: usize = 90;
const GROWING: usize = 1_500;
const UNREAD: usize = 1_000;
/// nginx holds as many connections as it is configured for, in its own process.
const BEHIND_NGINX: usize = 3_000;
const HEAD_PART: usize = 4_096;
const HEAD_PARTS: usize = 30;
const PART_EVERY: Duration = Duration::from_millis(100);

/// What an attacker does with a connection.
#[derive(Clone, Copy, Debug)]
enum Hold {
    /// One request, then one byte of the next head.
    OneByte,
    /// One request, then a head that grows to 120 kB.
    GrowingHead,
    /// Many requests for long responses, none of which is read.
    Unread(Route),
}

// S-74
pub(crate) async fn attack(report: &mut Report, files: u64) {
    let most = usize::try_from(files * 9 / 10).expect("a small number");
    let small = &[("HTTP__MAX_CONNECTIONS", "4000")][..];
    for (name, route, settings, hold, connections, per_address) in [
        ("one byte of a head", Route::Direct, &[][..], Hold::OneByte, most, PER_ADDRESS),
        ("same, beyond the cap", Route::Direct, small, Hold::OneByte, 8_000, PER_ADDRESS),
        ("same, of 2 addresses", Route::Direct, &[], Hold::OneByte, 4_000, 2_000),
        ("growing heads", Route::Direct, &[], Hold::GrowingHead, GROWING, PER_ADDRESS),
        ("unread responses", Route::Direct, &[], Hold::Unread(Route::Direct), UNREAD, PER_ADDRESS),
        ("one byte of a head", Route::Nginx, &[], Hold::OneByte, BEHIND_NGINX, PER_ADDRESS),
        ("growing heads", Route::Nginx, &[], Hold::GrowingHead, GROWING, PER_ADDRESS),
        ("unread responses", Route::Nginx, &[], Hold::Unread(Route::Nginx), UNREAD, PER_ADDRESS),
    ] {
        let connections = connections.min(most);
        let target = Target::start(route, settings).await;
        let holders = Holders::start(target.address, hold, connections, per_address);
        let opened = holders.opened(connections).await;
        let watch = Stopwatch::start();
        let (seen, held) = new_clients(&target, &holders).await;
        let late = seen.waits.iter().filter(|wait| **wait > NEW_CLIENT_LIMIT).count();
        let time = watch.elapsed();
        drop(holders);
        report.row(Row {
            name,
            route,
            target: &target,
            seen,
            time,
            tally: &Tally::default(),
            connections: connections.max(opened),
            hashing_mib: DEFAULT_HASHING_MIB,
        });
        println!("{:22} {:7} {opened} of {connections} connections opened, {held} held on average", "", "");
        if late > 0 {
            report.violation(format!(
                "{name}, {}: {late} of {PROBES} new clients waited longer than 1 s",
                route.name()
            ));
        }
    }
}

/// Attackers with one connection each.
struct Holders {
    open: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Holders {
    fn start(target: SocketAddr, hold: Hold, connections: usize, per_address: usize) -> Self {
        let (open, opening) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(OPENING_AT_ONCE)));
        let mut tasks = JoinSet::new();
        for number in 0..connections {
            let source = attacker_address(u16::try_from(number / per_address).expect("a small number"));
            let holder =
                Holder { source, target, hold, open: Arc::clone(&open), opening: Arc::clone(&opening) };
            tasks.spawn(async move { holder.run().await });
        }
        Self { open, _tasks: tasks }
    }

    /// Waits until all connections are open, or as many as the service allows; returns the number.
    async fn opened(&self, connections: usize) -> usize {
        let (watch, mut most) = (Stopwatch::start(), 0);
        while most < connections && watch.elapsed() < OPENING_LIMIT {
            most = most.max(self.count());
            pause(Duration::from_millis(20)).await;
        }
        most
    }

    fn count(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

struct Holder {
    source: Ipv4Addr,
    target: SocketAddr,
    hold: Hold,
    open: Arc<AtomicUsize>,
    opening: Arc<Semaphore>,
}

impl Holder {
    /// Opens a connection and holds it, again and again; ends when its task is aborted.
    async fn run(&self) {
        loop {
            if let Ok(client) = self.start().await {
                self.open.fetch_add(1, Ordering::Relaxed);
                self.hold.keep(client).await;
                self.open.fetch_sub(1, Ordering::Relaxed);
            }
            pause(REOPEN).await;
        }
    }

    async fn start(&self) -> std::io::Result<Client> {
        let _one_of_few = self.opening.acquire().await;
        let first = refresh();
        if let Hold::Unread(route) = self.hold {
            let mut client = Client::connect_with_small_buffer(self.source, self.target).await?;
            client.send(&long_responses(route)).await?;
            return Ok(client);
        }
        let mut client = Client::connect(self.source, self.target).await?;
        client.call(&first).await?;
        client.send(b"P").await?;
        Ok(client)
    }
}

impl Hold {
    /// Returns when the service has closed the connection.
    async fn keep(self, mut client: Client) {
        match self {
            Self::OneByte => client.closed().await,
            Self::GrowingHead => {
                let mut start = "OST / HTTP/1.1\r\nHost: auth.example\r\nX-Long: ".to_owned();
                for _ in 0..HEAD_PARTS {
                    start += &"a".repeat(HEAD_PART);
                    if client.send(start.as_bytes()).await.is_err() {
                        return;
                    }
                    start.clear();
                    pause(PART_EVERY).await;
                }
                client.closed().await;
            }
            Self::Unread(_) => {
                // Nothing is read, so only a write can find that the connection is closed.
                let mut open = true;
                while open {
                    pause(Duration::from_millis(500)).await;
                    open = client.send_some(b"\r\n");
                }
            }
        }
    }
}

/// Logs new clients in one after the other; also returns the connections that the attackers held.
async fn new_clients(target: &Target, holders: &Holders) -> (Experience, usize) {
    let (mut seen, mut held) = (Experience::default(), 0);
    for number in 0..PROBES {
        let _ = Honest::new(target, 1_000 + number, &[]).log_in(&mut seen).await;
        held += holders.count();
        pause(PROBE_EVERY).await;
    }
    (seen, held / usize::from(PROBES))
}

/// A request that costs the service no store.
fn refresh() -> Vec<u8> {
    post("refresh", &[], &json!({ "refreshToken": "none" }))
}

fn long_responses(route: Route) -> Vec<u8> {
    match route {
        Route::Direct => {
            b"GET /swagger/swagger-ui-bundle.js HTTP/1.1\r\nHost: auth.example\r\n\r\n".repeat(40)
        }
        Route::Nginx => refresh().repeat(100),
    }
}
