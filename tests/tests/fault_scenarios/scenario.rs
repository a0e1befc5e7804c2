//! A fault under load, from its start to the recovery.

use std::sync::Arc;
use std::time::Duration;

use auth_e2e::clock::{holds_within, in_time, pause};
use auth_e2e::history::{Answer, Call, Operation, Recorder, Rules, check};
use auth_e2e::load::{Load, Mix};
use auth_e2e::reliability::{Fault, Figures};
use auth_e2e::{ALICE, Api, Installation, PASSWORD, Server, Servers, WRONG_PASSWORD, is_soak};
use auth_testkit::servers::PostgresServer;

const USERS: usize = 3;
const CLIENTS: usize = 12;
/// The calls per second of all clients, which a debug build on a busy machine can answer.
const RATE: u32 = 100;
/// The clients log in within this time. A busy machine cannot hash all their passwords at once, so some of them repeat it.
const LOGGED_IN: Duration = Duration::from_secs(20);
/// The load runs for this time before the fault.
const BEFORE: Duration = Duration::from_millis(400);
/// A fault affects a call within this time after its duration.
const AFFECTED: Duration = Duration::from_secs(10);
/// A dependency that is back is used again within this time.
const RECOVERY: Duration = Duration::from_secs(2);
/// The load goes on until it has been without an outage for this time.
const CALM: Duration = Duration::from_millis(500);
/// Connections end within this time after the fault.
const CLOSED: Duration = Duration::from_secs(5);

/// The effect that a fault must have, so that the test tests something.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    /// Some calls are a 503.
    Outage,
    /// Calls may be a 503.
    Any,
    /// No call is a 503, and some take at least this time.
    Delay(Duration),
}

/// Creates the users of the load, and [`ALICE`], whose password is guessed.
pub(crate) async fn with_users(installation: Installation) -> Installation {
    // A login whose outcome could not be stored counts as a failure, and all clients have one address.
    let installation = installation
        .set("LOGIN_LIMIT__MAX_FAILURES", "1000")
        .set("LOGIN_LIMIT__MAX_FAILURES_PER_ADDRESS", "1000")
        .without_refresh_limits()
        .with_user(ALICE)
        .await;
    for number in 1..=USERS {
        let create = ["user", "create", "--email", &email(number), "--password-stdin"];
        installation.cli(&create, PASSWORD).await.expect_success();
    }
    installation
}

/// Begins a fault of a store under load, as [`withstands`] does, and checks the connections to the stores afterwards.
pub(crate) async fn survives<T>(
    server: &Server,
    fault: Fault,
    effect: Effect,
    duration: Duration,
    begin: impl AsyncFnOnce() -> T,
    end: impl AsyncFnOnce(T),
) {
    withstands(server, fault, effect, duration, begin, end).await;
    expect_connections(server, server.installation.servers().postgres).await;
}

/// Begins a fault under load, ends it after `duration`, and checks the answers and the recovery. Returns the calls, and the time
/// since the start of their recording.
///
/// `end` gets what `begin` returns.
pub(crate) async fn withstands<T>(
    server: &Server,
    fault: Fault,
    effect: Effect,
    duration: Duration,
    begin: impl AsyncFnOnce() -> T,
    end: impl AsyncFnOnce(T),
) -> (Vec<Call>, Duration) {
    let load = Load::start(Arc::new(Recorder::new([server.api()])), &mix());
    let (recorder, guesser) = (Arc::clone(&load.recorder), tokio::spawn(guess(server.api())));
    assert!(
        holds_within(LOGGED_IN, || logins(&recorder.calls()) >= CLIENTS).await,
        "the clients do not log in"
    );
    pause(BEFORE).await;
    let start = recorder.now();
    let state = begin().await;
    pause(if is_soak() { 4 * duration } else { duration }).await;
    if matches!(effect, Effect::Outage) {
        // A fault of few calls, such as logins, may meet none of them for a while.
        holds_within(AFFECTED, || !outages(&recorder.calls(), start).is_empty()).await;
    }
    end(state).await;
    let end = recorder.now();
    let is_calm = || {
        let now = recorder.now();
        now > end + CALM && outages(&recorder.calls(), now.saturating_sub(CALM)).is_empty()
    };
    holds_within(in_time(RECOVERY) + CALM, is_calm).await;
    let calls = load.stop().await.calls();
    assert!(!guesser.is_finished(), "{fault:?}: the guesser got a wrong answer");
    guesser.abort();

    check(&calls, &Rules::default()).expect_clean();
    let during = outages(&calls, start);
    match effect {
        Effect::Outage => assert!(!during.is_empty(), "{fault:?} had no effect"),
        Effect::Any => {}
        Effect::Delay(delay) => {
            assert!(during.is_empty(), "{fault:?}: {} calls were an outage", during.len());
            assert!(calls.iter().any(|call| call.end >= call.start + delay), "{fault:?} had no effect");
        }
    }
    let recovery = during.last().map_or(Duration::ZERO, |last| last.saturating_sub(end));
    assert!(
        recovery <= in_time(RECOVERY),
        "{fault:?}: calls were an outage for {recovery:?} after the fault"
    );
    server.log_in(ALICE).await;
    expect_no_panic(server);

    let all = calls.iter().filter(|call| call.start >= start).count();
    let late = during.iter().filter(|start| **start > end).count();
    let figures = Figures::of(fault).share("503", during.len(), all).count("wrong answers", 0);
    let figures = figures.count("503 to calls after the fault", late);
    let last = (late > 0).then_some(recovery);
    let figures =
        last.iter().fold(figures, |figures, last| figures.times("the last of them after", &[*last]));
    figures.record();
    (calls, recorder.now())
}

pub(crate) fn mix() -> Mix {
    Mix { clients: CLIENTS, rate: RATE, users: (1..=USERS).map(email).collect(), shares: false }
}

/// The email of a user of the load, from 1 to 3.
pub(crate) fn email(number: usize) -> String {
    format!("user-{number}@example.net")
}

/// Guesses a password until it is aborted.
async fn guess(api: Api) {
    loop {
        let status = api.login(ALICE, WRONG_PASSWORD).await.status;
        assert!([401, 503].contains(&status), "{status} for a wrong password");
        pause(Duration::from_millis(150)).await;
    }
}

/// Returns the number of logins that succeeded.
fn logins(calls: &[Call]) -> usize {
    let succeeded =
        |call: &&Call| call.operation == Operation::Login && matches!(call.answer, Answer::Tokens(_));
    calls.iter().filter(succeeded).count()
}

/// Returns the starts of the calls since `start` that had no answer, or a 503, in their order.
pub(crate) fn outages(calls: &[Call], start: Duration) -> Vec<Duration> {
    let is_outage = |call: &&Call| matches!(call.answer, Answer::Unavailable { .. } | Answer::Lost);
    let mut starts: Vec<_> = calls.iter().filter(is_outage).map(|call| call.start).collect();
    starts.retain(|time| *time >= start);
    starts.sort();
    starts
}

pub(crate) fn expect_no_panic(server: &Server) {
    let log = server.process.stderr();
    assert!(
        !log.contains("panic"),
        "{}",
        log.lines().find(|line| line.contains("panic")).unwrap_or_default()
    );
}

/// Checks the number of connections that `docs/operations.md` states, and the transactions.
pub(crate) async fn expect_connections(server: &Server, postgres: &PostgresServer) {
    let servers = server.installation.servers();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let of_redis = || connections_of_redis(servers);
    assert!(holds_within(CLOSED, || of_redis() <= 2 + cores).await, "{} connections to Redis", of_redis());
    let activities = |condition| activities(postgres, servers.database().name(), condition);
    let has_closed = holds_within(CLOSED, || activities("true") <= 4 + cores).await;
    assert!(has_closed, "{} connections to Postgres", activities("true"));
    assert_eq!(activities("state LIKE 'idle in transaction%'"), 0);
}

/// The number of connections to the database of the tokens, without that of `redis-cli`.
fn connections_of_redis(servers: &Servers) -> usize {
    let database = format!(" db={} ", servers.redis_database());
    let clients = servers.redis_cli(&["CLIENT", "LIST"]);
    clients.lines().filter(|line| line.contains(&database) && !line.contains("cmd=client|list")).count()
}

/// The number of connections to the database of the users that fulfil a condition, without that of `psql`.
fn activities(postgres: &PostgresServer, database: &str, condition: &str) -> usize {
    let count = format!(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}"
    );
    postgres.sql(database, &count).parse().unwrap_or(usize::MAX)
}
