//! A fault under load, from its start to the recovery.

use std::time::Duration;

use auth_e2e::clock::{holds_within, pause};
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{Server, Servers};

use crate::load::Load;

/// The load runs for this time before the fault.
const BEFORE: Duration = Duration::from_millis(400);
/// A dependency that is back is used again within this time.
const RECOVERY: Duration = Duration::from_secs(2);
/// The load goes on until it has been without an outage for this time.
const CALM: Duration = Duration::from_millis(700);
/// Connections end within this time after the fault.
const CLOSED: Duration = Duration::from_secs(5);

/// The effect that a fault must have, so that the test tests something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    /// Some calls are a 503.
    Outage,
    /// No call fails.
    None,
}

/// Begins a fault under load, ends it after `duration`, and checks the answers, the recovery and the connections.
///
/// `end` gets what `begin` returns.
pub(crate) async fn survives<T>(
    server: &Server,
    fault: Fault,
    effect: Effect,
    duration: Duration,
    begin: impl AsyncFnOnce() -> T,
    end: impl AsyncFnOnce(T),
) {
    let load = Load::start(server);
    pause(BEFORE).await;
    let start = load.seen().now();
    let state = begin().await;
    pause(if is_long() { 4 * duration } else { duration }).await;
    end(state).await;
    let end = load.seen().now();
    let is_calm = || {
        let now = load.seen().now();
        now > end + CALM && load.seen().outages_since(now.saturating_sub(CALM)) == 0
    };
    holds_within(RECOVERY + CALM, is_calm).await;
    let seen = load.stop().await;

    seen.expect_allowed(end);
    let (outages, recovery) = (seen.outages_since(start), seen.recovery_after(end));
    assert!(recovery <= RECOVERY, "calls were an outage for {recovery:?} after the fault");
    match effect {
        Effect::Outage => assert!(outages > 0, "the fault had no effect"),
        Effect::None => assert_eq!(outages, 0, "calls failed"),
    }
    expect_clean(server).await;
    let figures = Figures::of(fault).share("503", outages, seen.calls_since(start)).count("wrong answers", 0);
    figures.times("no 503 later after the fault than", &[recovery]).record();
}

/// Checks the log, the number of connections that `docs/operations.md` states, and the transactions.
async fn expect_clean(server: &Server) {
    let log = server.process.stderr();
    assert!(
        !log.contains("panic"),
        "{}",
        log.lines().find(|line| line.contains("panic")).unwrap_or_default()
    );
    let servers = server.installation.servers();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let of_redis = || connections_of_redis(servers);
    assert!(holds_within(CLOSED, || of_redis() <= 2 + cores).await, "{} connections to Redis", of_redis());
    let of_postgres = || activities(servers, "true");
    assert!(
        holds_within(CLOSED, || of_postgres() <= 4 + cores).await,
        "{} connections to Postgres",
        of_postgres()
    );
    assert_eq!(activities(servers, "state LIKE 'idle in transaction%'"), 0);
}

/// The number of connections to the database of the tokens, without that of `redis-cli`.
fn connections_of_redis(servers: &Servers) -> usize {
    let database = format!(" db={} ", servers.redis_database());
    let clients = servers.redis_cli(&["CLIENT", "LIST"]);
    clients.lines().filter(|line| line.contains(&database) && !line.contains("cmd=client|list")).count()
}

/// The number of connections to the database of the users that fulfil a condition, without that of `psql`.
fn activities(servers: &Servers, condition: &str) -> usize {
    let printed = servers.query(&format!(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}"
    ));
    printed.parse().unwrap_or(usize::MAX)
}

/// Whether the faults last longer.
fn is_long() -> bool {
    std::env::var_os("SOAK").is_some()
}
