//! Faults of Postgres.

use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

use auth_e2e::clock::{Stopwatch, holds_within};
use auth_e2e::history::Answer;
use auth_e2e::reliability::Fault;
use auth_e2e::{Installation, Server, Servers, Stores};
use auth_testkit::servers::PostgresServer;

use crate::exhausted::{Exhausted, ROLE, STRANGER};
use crate::scenario::{Effect, expect_connections, survives, with_users, withstands};

/// Longer than the timeout of a connection.
const CONNECTION: Duration = Duration::from_millis(1_200);
/// Longer than the timeout of a statement.
const STATEMENT: Duration = Duration::from_millis(2_600);

const LOCKED: Duration = Duration::from_secs(10);
const HELD: &str = "SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' AND relation = 'users'::regclass";

async fn start(stores: Stores) -> Server {
    Server::start_on(with_users(Installation::on(stores)).await).await
}

fn servers(server: &Server) -> &Servers {
    server.installation.servers()
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres_under_load_is_an_outage_and_changes_nothing() {
    let server = start(Stores::own_postgres()).await;
    let postgres = servers(&server).postgres;
    survives(
        &server,
        Fault::PostgresKilled,
        Effect::Outage,
        CONNECTION,
        async || postgres.kill(),
        async |()| postgres.start_again(),
    )
    .await;
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_postgres_under_load_is_an_outage_and_changes_nothing() {
    let server = start(Stores::own_postgres()).await;
    let postgres = servers(&server).postgres;
    survives(
        &server,
        Fault::PostgresFrozen,
        Effect::Outage,
        STATEMENT,
        async || postgres.freeze(),
        async |()| postgres.thaw(),
    )
    .await;
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_of_users_under_load_is_an_outage_and_changes_nothing() {
    let server = start(Stores::servers()).await;
    let (postgres, database) = (servers(&server).postgres, servers(&server).database().name().to_owned());
    let mut lock = postgres.client(&database);
    lock.stdin(Stdio::piped()).stdout(Stdio::null());
    let begin = async || {
        let mut child = lock.spawn().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "BEGIN; LOCK TABLE users;").unwrap();
        assert!(holds_within(LOCKED, || servers(&server).query(HELD) == "1").await, "no lock");
        child
    };
    let end = async |mut child: Child| {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    };
    survives(&server, Fault::PostgresTableLocked, Effect::Outage, STATEMENT, begin, end).await;
}

/// Other clients take every connection that the server gives to ordinary roles.
// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_without_free_connections_is_an_outage_and_changes_nothing() {
    let owner = with_users(Installation::on(Stores::own_postgres())).await;
    owner.servers().query(&format!(
        "CREATE ROLE {ROLE} LOGIN; CREATE ROLE {STRANGER} LOGIN; GRANT SELECT, UPDATE ON users TO {ROLE}; GRANT SELECT ON tenants TO {ROLE}"
    ));
    let url = owner.servers().database().url_of(ROLE);
    let server = Server::start_on(owner.set("POSTGRES__URL", &url)).await;
    let begin = async || Exhausted::new(servers(&server));
    survives(
        &server,
        Fault::PostgresConnectionsExhausted,
        Effect::Outage,
        CONNECTION,
        begin,
        async |connections| drop(connections),
    )
    .await;
}

/// Until the promotion only the standby answers, and it has all users.
// S-96
#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_under_load_is_used_and_not_before() {
    let owner = with_users(Installation::on(Stores::own_postgres())).await;
    let servers = owner.servers();
    let (primary, database) = (servers.postgres, servers.database().name().to_owned());
    let standby = primary.start_standby("0");
    standby.catch_up_with(primary);
    let url = PostgresServer::url_on(&[primary, &standby], &database);
    let server = Server::start_on(owner.set("POSTGRES__URL", &url)).await;
    let (mut killed, mut promoted) = (Stopwatch::start(), Stopwatch::start());
    let begin = async || {
        primary.kill();
        killed = Stopwatch::start();
    };
    let end = async |()| {
        promoted = Stopwatch::start();
        standby.promote();
    };
    let fault = Fault::PostgresPromoted;
    let (calls, now) = withstands(&server, fault, Effect::Outage, CONNECTION, begin, end).await;
    let at = |watch: Stopwatch| now.checked_sub(watch.elapsed()).unwrap();
    let (killed, promoted) = (at(killed), at(promoted));
    let meanwhile = calls.iter().filter(|call| call.start > killed && call.end < promoted);
    let answers: Vec<_> = meanwhile.map(|call| &call.answer).collect();
    assert!(answers.iter().any(|answer| matches!(answer, Answer::Unavailable { .. })), "{answers:?}");
    assert!(!answers.iter().any(|answer| matches!(answer, Answer::Tokens(_))), "a standby was used");
    expect_connections(&server, &standby).await;
}
