//! Redis behind Sentinel: a primary, two replicas and three sentinels.

use std::array;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::servers::RedisServer;
use crate::servers::supervisor::wait_until;

use super::nodes::{CONFIGURATION, Place};
use super::options::{SENTINEL_USER, SetOptions};

/// The name of the primary in all sets.
const NAME: &str = "auth-primary";
/// A failed failover is repeated after twice this time, in milliseconds.
const FAILOVER_TIMEOUT: &str = "3000";

/// A primary and two replicas, which three sentinels observe.
///
/// Each process can be killed, frozen and started again. A server that was replaced becomes a replica some seconds after it has
/// started again, as in production; until then it is a second primary.
#[derive(Debug)]
pub struct SentinelSet {
    servers: [RedisServer; 3],
    sentinels: [RedisServer; 3],
    scheme: String,
    credentials: String,
    parameters: String,
}

impl SentinelSet {
    /// Returns the set that the tests of this process share. Each test must use its own database.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<SentinelSet> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(&SetOptions::calm()))
    }

    /// Starts a set for one test, without TLS and without users.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&SetOptions::default())
    }

    /// Starts a set, and waits until it is healthy.
    #[must_use]
    pub fn start_with(options: &SetOptions<'_>) -> Self {
        let places: [Place; 3] = array::from_fn(|_| Place::take(options));
        let ports = places.each_ref().map(Place::main);
        let mut started = places.into_iter().enumerate().map(|(index, place)| {
            let of = if index == 0 { String::new() } else { format!("replicaof 127.0.0.1 {}\n", ports[0]) };
            place.store(options, &format!("databases 4096\n{of}"), &[])
        });
        let servers = array::from_fn(|_| started.next().expect("three servers"));
        let (user, password) = SENTINEL_USER;
        let parameters = format!("&sentinel_user={user}&sentinel_password={password}");
        let set = Self {
            servers,
            sentinels: sentinels(options, ports),
            scheme: options.scheme("sentinel"),
            credentials: options.credentials(),
            parameters: if options.users { parameters } else { String::new() },
        };
        set.wait_until_healthy();
        set
    }

    /// Returns the URL of database 0.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(0)
    }

    /// Returns the URL of a database.
    #[must_use]
    pub fn url_of(&self, database: u32) -> String {
        let sentinels = self.sentinels.each_ref().map(|it| format!("127.0.0.1:{}", it.main_port())).join(",");
        let Self { scheme, credentials, parameters, .. } = self;
        format!("{scheme}://{credentials}{sentinels}/{NAME}?db={database}{parameters}")
    }

    /// Returns the URL and the number of a database that no other test uses.
    #[must_use]
    pub fn database(&self) -> (String, u32) {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        (self.url_of(number), number)
    }

    /// Returns the name of the primary, the path of the URL.
    #[must_use]
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// Returns the server that most sentinels call the primary.
    ///
    /// # Panics
    /// If fewer than two sentinels agree within half a minute.
    #[must_use]
    pub fn primary(&self) -> &RedisServer {
        let found = || self.servers.iter().find(|server| self.sentinels_that_follow(server) >= 2);
        assert!(wait_until(|| found().is_some()), "the sentinels do not agree on a primary");
        found().expect("a primary")
    }

    /// Returns the servers except the primary.
    #[must_use]
    pub fn replicas(&self) -> Vec<&RedisServer> {
        let primary = self.primary().port();
        self.servers.iter().filter(|server| server.port() != primary).collect()
    }

    /// Returns the three servers in the order in which they were started.
    #[must_use]
    pub fn servers(&self) -> &[RedisServer; 3] {
        &self.servers
    }

    /// Returns the three sentinels. They understand the commands of `SENTINEL`.
    #[must_use]
    pub fn sentinels(&self) -> &[RedisServer; 3] {
        &self.sentinels
    }

    /// Requests a failover while the primary is alive, and waits until all running sentinels follow the new primary.
    pub fn fail_over(&self) {
        let former = self.primary();
        let request = |sentinel: &RedisServer| sentinel.ask(&["SENTINEL", "FAILOVER", NAME]);
        let accepted = || self.sentinels.iter().any(|it| request(it).is_some_and(|reply| reply == ["OK"]));
        assert!(wait_until(accepted), "no sentinel accepts a failover");
        self.wait_for_another_primary(former);
    }

    /// Waits until all running sentinels follow another server than `former`, which is a primary.
    pub fn wait_for_another_primary(&self, former: &RedisServer) {
        let running = self.sentinels.iter().filter(|sentinel| sentinel.is_running()).count();
        let is_followed = |server: &RedisServer| {
            server.port() != former.port()
                && self.sentinels_that_follow(server) == running
                && is_primary(server)
        };
        assert!(wait_until(|| self.servers.iter().any(is_followed)), "no failover");
    }

    /// Starts a killed server again as a replica of the primary, as an operator does who does not wait for the sentinels.
    pub fn rejoin(&self, server: &RedisServer) {
        let line = format!("\nreplicaof 127.0.0.1 {}\n", self.primary().main_port());
        let file = OpenOptions::new().append(true).open(server.folder().join(CONFIGURATION));
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the configuration of the server");
        server.start_again();
    }

    /// Waits until all six processes answer, and the sentinels and the replicas follow one primary.
    pub fn wait_until_healthy(&self) {
        assert!(wait_until(|| self.is_healthy()), "the set is not healthy");
    }

    fn is_healthy(&self) -> bool {
        let primary = self.servers.iter().find(|it| self.sentinels_that_follow(it) == 3 && is_primary(it));
        primary.is_some_and(|primary| online_replicas(primary) == 2)
            && self.sentinels.iter().all(sees_the_whole_set)
    }

    fn sentinels_that_follow(&self, server: &RedisServer) -> usize {
        let address = ["127.0.0.1".to_owned(), server.main_port().to_string()];
        let follows = |sentinel: &&RedisServer| {
            sentinel.ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME]).is_some_and(|found| found == address)
        };
        self.sentinels.iter().filter(follows).count()
    }
}

fn sentinels(options: &SetOptions<'_>, servers: [u16; 3]) -> [RedisServer; 3] {
    let places: [Place; 3] = array::from_fn(|_| Place::take(options));
    let usual = Duration::from_secs(if options.certificates.is_some() { 2 } else { 1 });
    let dead_after = options.dead_after(usual);
    let known = places.each_ref().map(|it| (it.id.clone(), it.main()));
    places.map(|place| {
        let mut lines = vec![
            format!("myid {}", place.id),
            format!("monitor {NAME} 127.0.0.1 {} 2", servers[0]),
            format!("down-after-milliseconds {NAME} {dead_after}"),
            format!("failover-timeout {NAME} {FAILOVER_TIMEOUT}"),
        ];
        if let Some(password) = options.password() {
            lines.push(format!("auth-pass {NAME} {password}\nsentinel sentinel-pass {password}"));
        }
        let replicas = servers[1..].iter().map(|port| format!("known-replica {NAME} 127.0.0.1 {port}"));
        lines.extend(replicas);
        let others = known.iter().filter(|(id, _)| *id != place.id);
        lines.extend(others.map(|(id, port)| format!("known-sentinel {NAME} 127.0.0.1 {port} {id}")));
        let directives = lines.join("\nsentinel ");
        let text =
            format!("{}{}sentinel {directives}\n", place.lines(options), options.access(SENTINEL_USER));
        let files = [("sentinel.conf", text)];
        let ports = (place.port, place.tls_port);
        RedisServer::start_by_files(ports, options.password(), &files, &["--sentinel"])
    })
}

/// Returns whether a sentinel has seen that all servers answer, and knows two replicas and two other sentinels.
fn sees_the_whole_set(sentinel: &RedisServer) -> bool {
    let says = |fields: &[String], name: &str, value: &str| {
        fields.chunks(2).filter(|pair| pair[0] == name && pair[1] == value).count()
    };
    let primary = sentinel.ask(&["SENTINEL", "MASTER", NAME]).unwrap_or_default();
    let replicas = sentinel.ask(&["SENTINEL", "REPLICAS", NAME]).unwrap_or_default();
    let others = sentinel.ask(&["SENTINEL", "SENTINELS", NAME]).unwrap_or_default();
    says(&primary, "flags", "master") == 1
        && says(&replicas, "flags", "slave") == 2
        && says(&replicas, "master-link-status", "ok") == 2
        && says(&others, "flags", "sentinel") == 2
}

fn is_primary(server: &RedisServer) -> bool {
    server.ask(&["ROLE"]).is_some_and(|role| role[0] == "master")
}

/// Returns the number of replicas that have all data of this server.
pub(super) fn online_replicas(server: &RedisServer) -> usize {
    let replication = server.ask(&["INFO", "replication"]).unwrap_or_default().concat();
    replication.lines().filter(|line| line.contains(",state=online,")).count()
}
