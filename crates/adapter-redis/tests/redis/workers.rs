//! Handles of workers, each with a connection of its own.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use auth_adapter_redis::{CachingDenylist, RedisConfig, RedisDenylist, RedisSessionStore, RedisStore};
use auth_domain::model::Rotation;
use auth_domain::ports::{Denylist, PortErrorKind, SessionStore};
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, TestClock, a_session, a_user_id, an_access_token, holds_within, request_time_at};
use tokio::runtime::{Builder, Runtime};

use crate::support::{REVOCATION, now_and, real_instant};

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

/// Opens every connection of the process set: each call on a connection uses the next one.
async fn open_all(process: &RedisDenylist) {
    for _ in 0..2 {
        process.add(an_access_token(START), request_time_at(START)).await.unwrap();
    }
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
        open_all(&process).await;
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
    open_all(&RedisDenylist::new(&store, REVOCATION)).await;
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
        let denylist = denylist(&store, index);
        denylist.add(an_access_token(START), request_time_at(START)).await.unwrap();
        ask(&denylist).await;
    }
    assert_eq!(clients(&server), 2);
}

/// A program may create a store on one runtime and use it on others, as tests do with a static verifier.
#[test]
fn store_without_workers_works_after_the_runtime_of_its_creation_ended() {
    let server = RedisServer::start();
    let config = RedisConfig::new(server.url());
    let first = worker();
    let store = first.block_on(async { RedisStore::new(&config, TestClock::of_this_machine()).unwrap() });
    let denylist = RedisDenylist::new(&store, REVOCATION);
    // The first runtime exists and does not run.
    worker().block_on(ask(&denylist));
    first.block_on(ask(&denylist));
    drop(first);
    for _ in 0..3 {
        worker().block_on(open_all(&denylist));
        worker().block_on(ask(&denylist));
    }
}

#[test]
fn blocked_runtime_that_asks_over_the_process_set_delays_no_one_else() {
    let server = RedisServer::start();
    let main = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let store = {
        let _main = main.enter();
        store(&server)
    };
    let process = RedisDenylist::new(&store, REVOCATION);
    main.block_on(open_all(&process));
    for yields in 0..4 {
        let (blocked, unblock) = (Barrier::new(2), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                worker().block_on(async {
                    let process = process.clone();
                    let asking = tokio::spawn(async move { ask(&process).await });
                    for _ in 0..yields {
                        tokio::task::yield_now().await;
                    }
                    blocked.wait();
                    unblock.wait();
                    asking.await.unwrap();
                });
            });
            blocked.wait();
            let asked = real_instant();
            main.block_on(ask(&process));
            assert!(asked.elapsed() < Duration::from_millis(400), "{:?}", asked.elapsed());
            unblock.wait();
        });
    }
}

/// Otherwise readiness succeeds while the calls of the worker fail.
// S-66
#[tokio::test(flavor = "multi_thread")]
async fn worker_shares_a_connection_if_the_server_accepts_no_more() {
    let server = RedisServer::start();
    let store = store(&server);
    let process = RedisDenylist::new(&store, REVOCATION);
    open_all(&process).await;
    assert_eq!(server.cli(&["CONFIG", "SET", "maxclients", "2"]), "OK");
    store.ping(now_and(0)).await.unwrap();
    let worker = denylist(&store, 0);
    for _ in 0..3 {
        ask(&worker).await;
        worker.add(an_access_token(START), request_time_at(START)).await.unwrap();
    }
    ask(&denylist(&store, 1)).await;
}
