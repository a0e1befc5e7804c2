//! Verification with the denylist cache: no command per request, and revocations within the bounds whatever happens to Redis.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, holds_within, pause};
use auth_e2e::randomness::Randomness;
use auth_e2e::{Api, DURABLE, Installation, Process, Server, Stores, rounds};
use auth_testkit::servers::{Proxy, RedisServer};
use futures_util::future::join_all;
use reqwest::Method;

use crate::bearers::{Bearer, bearers};

/// A request that starts later than this after the 204 of a logout must not succeed.
const HARD_BOUND: Duration = Duration::from_secs(2);
const START_LIMIT: Duration = Duration::from_secs(10);
const CURRENT: [&str; 1] = ["\"event\":\"denylist_cache_current\""];

/// Two instances with a denylist cache, and a third for logouts.
async fn two_cached_and_one_strict(stores: Stores) -> [Server; 3] {
    let strict = Installation::on(stores);
    let (first, second) = (strict.another_instance().with_admin(), strict.another_instance());
    start([first, second, strict]).await
}

async fn start([first, second, strict]: [Installation; 3]) -> [Server; 3] {
    let [first, second] = [first, second].map(|cached| cached.set("TOKENS__VERIFICATION", "cached"));
    let servers =
        [Server::start_on(first).await, Server::start_on(second).await, Server::start_on(strict).await];
    for cached in &servers[..2] {
        assert!(cached.process.logs(&CURRENT).await, "the denylist cache is not current");
    }
    servers
}

// S-59
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_takes_effect_on_every_instance_in_time() {
    let servers = two_cached_and_one_strict(Stores::servers()).await;
    let [first, second, leaving] = servers.each_ref().map(|server| server.keeping_connections());
    let mut lags = Vec::new();
    for bearer in bearers(&servers[2].installation, rounds(10_000)) {
        for api in [&first, &second] {
            assert_eq!(api.verify(&bearer.access).await.status, 204);
        }
        assert_eq!(leaving.logout(&bearer.access, &bearer.refresh).await.status, 204);
        let since = Stopwatch::start();
        let (one, other) =
            tokio::join!(rejected(&first, &bearer.access, since), rejected(&second, &bearer.access, since));
        lags.extend([one, other]);
    }
    report(&mut lags);
}

/// Verifies until the token is rejected; returns the time since the 204.
async fn rejected(api: &Api, access: &str, since: Stopwatch) -> Duration {
    loop {
        let asked = since.elapsed();
        let reply = api.verify(access).await;
        if reply.status == 401 {
            return since.elapsed();
        }
        assert_eq!(reply.status, 204, "{}", reply.text());
        assert!(asked <= HARD_BOUND, "accepted {asked:?} after the logout");
    }
}

#[expect(clippy::print_stdout, reason = "`just bench-verify` shows it")]
fn report(lags: &mut [Duration]) {
    lags.sort_unstable();
    let at = |share: usize| lags[(lags.len() * share / 100).min(lags.len() - 1)];
    println!(
        "from the 204 of a logout to the first rejection elsewhere: p50 {:?}, p99 {:?}, longest {:?} ({} measured)",
        at(50),
        at(99),
        at(100),
        lags.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_check_sends_no_command_to_redis() {
    let servers = two_cached_and_one_strict(Stores::own_servers()).await;
    let cached = servers[0].keeping_connections();
    let all = bearers(&servers[0].installation, 2);
    servers[2].logout(&all[0].access, &all[0].refresh).await;
    rejected(&cached, &all[0].access, Stopwatch::start()).await;

    let mut monitor = servers[0].installation.servers().redis.monitor();
    for _ in 0..1_000 {
        assert_eq!(cached.verify(&all[0].access).await.status, 401);
        assert_eq!(cached.verify(&all[1].access).await.status, 204);
        assert_eq!(cached.me(&all[1].access).await.status, 200);
    }
    // Commands that do not depend on the number of checks.
    let upkeep = ["PING", "HELLO", "ROLE", "TIME"];
    let seen = monitor.executed();
    let asked: Vec<_> = seen.iter().map(auth_testkit::servers::ExecutedCommand::name).collect();
    let asked: Vec<_> = asked.iter().filter(|name| !upkeep.contains(&name.as_str())).collect();
    assert!(asked.is_empty(), "{asked:?}");
    // The strict instance sends commands, so they are counted.
    servers[2].verify(&all[1].access).await;
    assert!(monitor.executed().iter().any(|seen| seen.name() == "EXISTS"));

    let metrics = servers[0].admin().call(Method::GET, "/metrics").await.text();
    for line in [
        "hooksentry_auth_denylist_cache_current 1",
        "hooksentry_auth_denylist_cache_entries 1",
        "hooksentry_auth_denylist_cache_misses_total 0",
        "hooksentry_auth_denylist_cache_lag_bound_seconds{quantile=\"0.99\"} 0.05",
        "hooksentry_auth_denylist_cache_lag_bound_seconds{quantile=\"1\"} 2.0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
}

// S-59
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_sees_its_own_logouts_at_once() {
    let servers = two_cached_and_one_strict(Stores::servers()).await;
    let api = servers[0].keeping_connections();
    for bearer in bearers(&servers[0].installation, rounds(4_000)) {
        assert_eq!(api.logout(&bearer.access, &bearer.refresh).await.status, 204);
        api.verify(&bearer.access).await.expect_error(401, "invalid_token");
    }
}

/// One request of the load.
struct Seen {
    token: usize,
    /// The time of sending, since the start of the load.
    sent: Duration,
    status: u16,
}

/// Continuous requests and logouts while Redis fails in every way.
struct Load {
    all: Vec<Bearer>,
    clock: Stopwatch,
    /// The number of tokens that were logged out; the next ones are not revoked yet.
    reached: std::sync::atomic::AtomicUsize,
    /// The time of the 204 of each logout; `None` without a 204.
    revoked: Mutex<Vec<Option<Duration>>>,
    seen: Mutex<Vec<Seen>>,
    stop: AtomicBool,
}

impl Load {
    fn new(all: Vec<Bearer>) -> Arc<Self> {
        let revoked = Mutex::new(vec![None; all.len()]);
        let (reached, seen, stop) = Default::default();
        Arc::new(Self { all, clock: Stopwatch::start(), reached, revoked, seen, stop })
    }

    /// Logs out one after the other.
    async fn log_out(self: Arc<Self>, api: Api) {
        for (token, bearer) in self.all.iter().enumerate() {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            // From here on a rejection may be correct.
            self.reached.store(token + 1, Ordering::SeqCst);
            let reply = api.logout(&bearer.access, &bearer.refresh).await;
            match reply.status {
                204 => self.revoked.lock().unwrap()[token] = Some(self.clock.elapsed()),
                503 => {}
                _ => panic!("a logout was answered {}: {}", reply.status, reply.text()),
            }
            pause(Duration::from_millis(3)).await;
        }
    }

    /// Presents tokens that were logged out in the last seconds, and some that were not.
    async fn present(self: Arc<Self>, api: Api) {
        let mut randomness = Randomness::new();
        while !self.stop.load(Ordering::Relaxed) {
            let window = if randomness.below(2) == 0 { 16 } else { 1_500 };
            let back = usize::try_from(randomness.below(window)).unwrap();
            let token = (self.reached.load(Ordering::SeqCst) + 8).saturating_sub(back);
            let (Some(bearer), sent) = (self.all.get(token), self.clock.elapsed()) else { continue };
            let status = api.verify(&bearer.access).await.status;
            if status == 401 {
                assert!(
                    token < self.reached.load(Ordering::SeqCst),
                    "a token was rejected that was not revoked"
                );
            }
            self.seen.lock().unwrap().push(Seen { token, sent, status });
        }
    }

    /// Checks all results.
    #[expect(clippy::print_stdout, reason = "`just bench-verify` shows it")]
    fn judge(&self) {
        let (seen, revoked) = (self.seen.lock().unwrap(), self.revoked.lock().unwrap());
        let mut latest = Duration::ZERO;
        for Seen { token, sent, status } in &*seen {
            assert!([204, 401, 503].contains(status), "answered {status}");
            if let (204, Some(revoked)) = (status, revoked[*token]) {
                let late = sent.saturating_sub(revoked);
                assert!(late <= HARD_BOUND, "a revoked token was accepted {late:?} after its logout");
                latest = latest.max(late);
            }
        }
        println!("while Redis failed, the latest success began {latest:?} after the 204 of its logout");
        let count = |wanted: u16| seen.iter().filter(|seen| seen.status == wanted).count();
        for status in [204, 401, 503] {
            assert!(count(status) > 20, "{} answers were {status}", count(status));
        }
        assert!(revoked.iter().flatten().count() > 100, "there were too few logouts");
    }
}

// S-59, S-66
#[tokio::test(flavor = "multi_thread")]
async fn no_failure_of_redis_makes_a_revoked_token_valid() {
    let stores = Stores::durable_servers();
    let servers = stores.expect_servers();
    let replica = RedisServer::start_with(&[&["--databases", "4096"], &DURABLE[..]].concat());
    // Logouts have a proxy of their own, so that they continue while the verifying instances are cut off.
    let (proxy, other_way) =
        (Proxy::start(servers.redis.port()).await, Proxy::start(servers.redis.port()).await);
    let by = |way: &Proxy| {
        let url = format!("{}/{}", way.url(), servers.redis_database());
        Installation::on(stores.clone()).set("REDIS__URL", &url)
    };
    let strict = by(&other_way);
    let key = strict.setting("JWT__KEY").to_owned();
    let cached = || by(&proxy).set("JWT__KEY", &key);
    let instances = start([cached(), cached(), strict]).await;
    let load = Load::new(bearers(&instances[2].installation, 20_000));
    let mut tasks = vec![tokio::spawn(load.clone().log_out(instances[2].keeping_connections()))];
    for reader in 0..6 {
        tasks.push(tokio::spawn(load.clone().present(instances[reader % 2].keeping_connections())));
    }

    let calm = || pause(Duration::from_secs(2));
    calm().await;
    for _ in 0..3 {
        let _ = servers.redis.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
        pause(Duration::from_millis(400)).await;
        proxy.cut();
        pause(Duration::from_millis(400)).await;
    }
    proxy.lose_replies(true);
    pause(Duration::from_secs(4)).await;
    proxy.lose_replies(false);
    calm().await;
    servers.redis.freeze();
    pause(Duration::from_secs(4)).await;
    servers.redis.thaw();
    calm().await;
    servers.redis.kill();
    pause(Duration::from_secs(3)).await;
    servers.redis.start_again();
    calm().await;
    fail_over(servers.redis, &replica, [&proxy, &other_way]).await;
    calm().await;

    load.stop.store(true, Ordering::Relaxed);
    for ended in join_all(tasks).await {
        ended.unwrap();
    }
    load.judge();
    for cached in &instances[..2] {
        expect_current(&cached.process).await;
    }
}

/// Makes the replica the primary without losing a write, and points the addresses to it a moment later.
async fn fail_over(primary: &RedisServer, replica: &RedisServer, addresses: [&Proxy; 2]) {
    assert_eq!(replica.cli(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]), "OK");
    let says = |server: &RedisServer, text: &str| server.cli(&["INFO", "replication"]).contains(text);
    let has_caught_up = || says(replica, "master_link_status:up") && says(primary, "state=online");
    assert!(holds_within(START_LIMIT, has_caught_up).await, "the replica does not catch up");
    assert_eq!(primary.cli(&["FAILOVER"]), "OK");
    let has_taken_over = || says(replica, "role:master");
    assert!(holds_within(START_LIMIT, has_taken_over).await, "the replica does not take over");
    pause(Duration::from_secs(1)).await;
    for address in addresses {
        address.redirect_to(replica.port());
    }
}

async fn expect_current(process: &Process) {
    let last = |log: &str| {
        let mut events = log.lines().filter(|line| line.contains("denylist_cache_"));
        events.next_back().is_some_and(|line| line.contains(CURRENT[0]))
    };
    let follows = || last(&process.stderr());
    assert!(holds_within(START_LIMIT, follows).await, "the denylist cache is not current any more");
}
