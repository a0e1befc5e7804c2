//! Handles of workers, each with a connection of its own.

use std::time::Duration;

use auth_adapter_redis::{CachingDenylist, RedisConfig, RedisDenylist, RedisSessionStore, RedisStore};
use auth_domain::model::Rotation;
use auth_domain::ports::{Denylist, PortErrorKind, SessionStore};
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, TestClock, a_session, a_user_id, an_access_token, holds_within, request_time_at};
use tokio::runtime::{Builder, Runtime};

use crate::support::{REVOCATION, now_and};

const WORKERS: usize = 2;

fn store(server: &RedisServer) -> RedisStore {
    let config = RedisConfig::new(server.url());
    RedisStore::with_workers(&config, TestClock::of_this_machine(), WORKERS).unwrap()
}

fn denylist(store: &RedisStore, worker: usize) -> RedisDenylist {
    RedisDenylist::new(&store.for_worker(worker), REVOCATION)
}

async fn ask(denylist: &RedisDenylist) {
    assert!(!denylist.contains(an_access_token(START).id, request_time_at(START)).await.unwrap());
}

/// The runtime of a worker.
fn worker() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// How many clients are connected, without the one that asks.
fn clients(server: &RedisServer) -> usize {
    server.cli(&["CLIENT", "LIST", "TYPE", "normal"]).lines().count() - 1
}

#[test]
fn worker_uses_one_connection_for_all_its_commands() {
    let server = RedisServer::start();
    let store = store(&server);
    for index in 0..WORKERS {
        worker().block_on(async {
            let handle = store.for_worker(index);
            let (denylist, sessions) =
                (RedisDenylist::new(&handle, REVOCATION), RedisSessionStore::new(&handle, REVOCATION));
            for _ in 0..3 {
                let session = a_session(a_user_id(), START);
                sessions.open(&session.opening, request_time_at(START)).await.unwrap();
                let rotate = session.rotation(&session.token, START).rotate;
                let rotation = sessions.rotate(&rotate, request_time_at(START)).await.unwrap();
                assert_eq!(rotation, Rotation::Rotated);
                ask(&denylist).await;
            }
            assert_eq!(clients(&server), 1, "of this worker; that of another one ended with its runtime");
        });
    }
}

#[test]
fn end_of_a_worker_leaves_the_connections_of_the_process_open() {
    let server = RedisServer::start();
    let main = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let store = {
        let _main = main.enter();
        store(&server)
    };
    let process = RedisDenylist::new(&store, REVOCATION);
    let ending = worker();
    // The process set is opened on the main runtime, also if a worker asks first.
    ending.block_on(async {
        ask(&process).await;
        ask(&process).await;
        ask(&denylist(&store, 0)).await;
    });
    assert_eq!(clients(&server), 3);
    drop(ending);
    main.block_on(async {
        assert!(holds_within(Duration::from_secs(2), || async { clients(&server) == 2 }).await);
        ask(&process).await;
        ask(&process).await;
        assert_eq!(clients(&server), 2);
        // The handle of the worker opens another connection here.
        ask(&denylist(&store, 0)).await;
        assert_eq!(clients(&server), 3);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_between_two_queries_of_a_worker_causes_no_error() {
    let server = RedisServer::start();
    let store = store(&server);
    let workers = [denylist(&store, 0), denylist(&store, 1)];
    for _ in 0..3 {
        for worker in &workers {
            ask(worker).await;
        }
        server.kill();
        server.start_again();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replica_that_one_worker_notices_is_discarded_for_all() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    let store = store(&server);
    let workers = [denylist(&store, 0), denylist(&store, 1)];
    for worker in &workers {
        ask(worker).await;
    }
    assert_eq!(server.cli(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]), "OK");
    let asked = workers[0].contains(an_access_token(START).id, request_time_at(START)).await;
    assert_eq!(asked.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert!(holds_within(Duration::from_secs(2), || async { clients(&server) == 0 }).await);
}

/// The deadlines of scripts depend on the server clock of the connection.
#[tokio::test(flavor = "multi_thread")]
async fn readiness_reads_the_server_clock_on_every_connection() {
    let server = RedisServer::start();
    let store = store(&server);
    store.ping(now_and(0)).await.unwrap();
    ask(&RedisDenylist::new(&store, REVOCATION)).await;
    for worker in 0..WORKERS {
        ask(&denylist(&store, worker)).await;
    }
    assert_eq!(clients(&server), 2 + WORKERS);
    let mut monitor = server.monitor();
    store.ping(now_and(0)).await.unwrap();
    let times = monitor.executed().iter().filter(|seen| seen.name() == "TIME").count();
    // A slow round trip is measured again.
    assert!(times >= 2 + WORKERS, "{times}");
}

// S-59
#[tokio::test(flavor = "multi_thread")]
async fn denylist_cache_of_workers_is_the_same_and_asks_over_their_connections() {
    let server = RedisServer::start();
    let store = store(&server);
    let process = CachingDenylist::start(&store, REVOCATION);
    let workers = [process.on(&store.for_worker(0)), process.on(&store.for_worker(1))];
    let is_trusted = || async { process.state().is_trusted };
    assert!(holds_within(Duration::from_secs(4), is_trusted).await);
    let token = an_access_token(START);
    workers[0].add(token, request_time_at(START)).await.unwrap();
    assert!(workers[1].contains(token.id, request_time_at(START)).await.unwrap());
    assert_eq!(workers[1].state().misses, 0, "Redis was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn handle_without_such_a_worker_uses_the_connections_of_the_process() {
    let server = RedisServer::start();
    let store = RedisStore::new(&RedisConfig::new(server.url()), TestClock::of_this_machine()).unwrap();
    for index in 0..4 {
        ask(&denylist(&store, index)).await;
    }
    assert_eq!(clients(&server), 2);
}
