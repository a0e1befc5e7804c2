//! Round trips of each operation to Redis and Postgres, counted by the servers.

use auth_e2e::{ALICE, Installation, Server, Stores};
use auth_testkit::servers::Monitor;

/// Commands that the service sends without a request: health checks and the clock.
const UPKEEP: [&str; 6] = ["TIME", "ROLE", "SET", "INFO", "CLIENT", "SELECT"];

/// Commands that were executed for requests: whether a script executed them, and their names.
fn executed(monitor: &mut Monitor<'_>) -> Vec<(bool, String)> {
    let seen = monitor.executed().into_iter().map(|seen| (seen.by_script, seen.name()));
    seen.filter(|(by_script, name)| *by_script || !UPKEEP.contains(&&**name)).collect()
}

/// Commands that the service sent for requests.
fn sent(monitor: &mut Monitor<'_>) -> Vec<String> {
    executed(monitor).into_iter().filter(|(by_script, _)| !by_script).map(|(_, name)| name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_is_one_script_call_after_one_lookup_and_deletes_one_key() {
    let server = warm().await;
    let mut monitor = server.installation.servers().redis.monitor();
    let tokens = server.log_in(ALICE).await;
    monitor.executed();
    let lookups = lookups(&server);
    server.refresh(&tokens.refresh).await.tokens();
    let seen = executed(&mut monitor);
    let commands: Vec<_> = seen.iter().filter(|(by_script, _)| !by_script).collect();
    assert_eq!(commands, [&(false, "EVALSHA".to_owned())]);
    let consuming: Vec<_> =
        seen.iter().filter(|(_, name)| ["GETDEL", "DEL", "UNLINK"].contains(&&**name)).collect();
    assert_eq!(consuming, [&(true, "DEL".to_owned())]);
    assert_eq!(self::lookups(&server) - lookups, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_at_most_four_round_trips() {
    let server = warm().await;
    let mut monitor = server.installation.servers().redis.monitor();
    server.log_in(ALICE).await;
    // Reserve, settle, open.
    assert_eq!(sent(&mut monitor), ["EVALSHA"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_is_at_most_two_round_trips() {
    let server = warm().await;
    let mut monitor = server.installation.servers().redis.monitor();
    let first = server.log_in(ALICE).await;
    let second = server.refresh(&first.refresh).await.tokens();
    monitor.executed();
    assert_eq!(server.logout(&second.access, &second.refresh).await.status, 204);
    // The denylist lookup, and the end of the session together with its access tokens.
    assert_eq!(sent(&mut monitor), ["EXISTS", "EVALSHA"]);
}

// S-55
#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_refresh_token_asks_neither_redis_nor_postgres() {
    let server = warm().await;
    let mut monitor = server.installation.servers().redis.monitor();
    let lookups = lookups(&server);
    for bad in ["x", &"0".repeat(104), &"A".repeat(42), &format!("{}:", "A".repeat(42))] {
        server.expect_dead(bad).await;
    }
    assert_eq!(executed(&mut monitor), []);
    assert_eq!(self::lookups(&server), lookups);
}

/// A server with all connections open, and with stores of its own.
async fn warm() -> Server {
    let server = Server::start_on(Installation::on(Stores::own_servers()).with_user(ALICE).await).await;
    for _ in 0..3 {
        let tokens = server.log_in(ALICE).await;
        server.refresh(&tokens.refresh).await.tokens();
    }
    server
}

/// Returns the number of lookups of users so far.
fn lookups(server: &Server) -> usize {
    let statements = server.installation.servers().postgres.statements();
    statements.iter().filter(|statement| statement.contains("execute") && statement.contains("users")).count()
}
