//! Handles of workers, and the number of connections.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use auth_adapter_postgres::{Pooler, PostgresConfig, PostgresDatabase, PostgresUserRepository};
use auth_domain::model::{NewUser, PasswordHash, RequestTime, UserStatus};
use auth_domain::ports::{Replacement, UserRepository};
use auth_testkit::servers::{Database, PostgresServer};
use auth_testkit::{START, TestClock, holds_within, request_time_at};
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Barrier;

use crate::support::{Store, now, time_of_day};

const WORKERS: usize = 2;

fn database_at(url: String, pool: usize) -> PostgresDatabase {
    let config = PostgresConfig {
        url,
        ca_file: None,
        client_cert_file: None,
        client_key_file: None,
        allow_plain_text: false,
        pool,
        pooler: Pooler::None,
    };
    PostgresDatabase::with_workers(config, TestClock::new(), WORKERS).unwrap()
}

fn worker() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn main_runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Migrates the database and inserts a user; when it returns, no connection is open.
async fn migrated(database: &Database<'_>) -> NewUser {
    let user = Store::migrated(database).await.inserted().await;
    assert!(holds_within(Duration::from_secs(5), || async { connections(database) == 0 }).await);
    user
}

/// How many connections there are to the database, without those of this question and the ones before it.
fn connections(database: &Database<'_>) -> usize {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                 AND backend_type = 'client backend' AND application_name <> 'psql'";
    database.sql(count).parse().unwrap()
}

/// What requests of a worker do: lookups, and sometimes a write.
async fn requests(users: &PostgresUserRepository, user: &NewUser, count: usize) {
    for number in 0..count {
        let found = users.find_by_id(user.id, request_time_at(START)).await.unwrap();
        let found_by_email = users.find_by_email(&user.email, request_time_at(START)).await.unwrap();
        assert!(found.is_some() && found == found_by_email);
        if number % 5 == 0 {
            let hash = user.password_hash.clone();
            let same = hash.clone().unwrap();
            let replaced = users.replace_password_hash(user.id, hash, &same, request_time_at(START));
            assert_eq!(replaced.await.unwrap(), Replacement::Replaced);
        }
    }
}

/// What the process does besides: readiness, and the reading of hash parameters.
async fn background(database: &PostgresDatabase, count: usize) {
    let users = PostgresUserRepository::new(database);
    for _ in 0..count {
        let present = RequestTime::new(time_of_day(), now(), Duration::from_secs(5));
        database.ping(present).await.unwrap();
        users.hash_parameters(present).await.unwrap();
        assert_eq!(users.page(None, 10, present).await.unwrap().users.len(), 1);
    }
}

/// Runs requests on each worker and the rest on the main runtime, at the same time.
fn run_all(main: &Runtime, store: &PostgresDatabase, user: &NewUser) {
    let end = &Barrier::new(WORKERS + 1);
    thread::scope(|scope| {
        for index in 0..WORKERS {
            let users = PostgresUserRepository::new(&store.for_worker(index));
            scope.spawn(move || {
                let calls = join_all((0..4).map(|_| requests(&users, user, 20)));
                worker().block_on(until_all_end(calls, end));
            });
        }
        scope.spawn(|| main.block_on(until_all_end(background(store, 10), end)));
    });
}

/// Runs `work`. A runtime goes on as long as the others, which may use its connections, also if `work` fails.
async fn until_all_end<T>(work: impl Future<Output = T>, end: &Barrier) {
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    end.wait().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

#[test]
fn a_process_never_opens_more_connections_than_it_states() {
    let main = main_runtime();
    let server = PostgresServer::start();
    let database = server.database();
    let user = main.block_on(migrated(&database));
    for pool in [1, 3] {
        // The connections of the round before are closed.
        while connections(&database) > 0 {}
        let store = {
            let _main = main.enter();
            database_at(database.url(), pool)
        };
        assert_eq!(store.max_connections(), WORKERS + pool);
        let (most, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    most.fetch_max(connections(&database), Ordering::Relaxed);
                }
            });
            run_all(&main, &store, &user);
            is_over.store(true, Ordering::Relaxed);
        });
        let most = most.load(Ordering::Relaxed);
        assert!((WORKERS..=WORKERS + pool).contains(&most), "{most} connections with a pool of {pool}");
    }
}

/// Whatever opens the first connections: both workers, or the pool.
#[test]
fn two_connections_are_enough_to_work() {
    let main = main_runtime();
    let server = PostgresServer::start();
    let database = server.database();
    let user = main.block_on(migrated(&database));
    let name = database.name();
    let _ = database.sql(&format!(
        "CREATE ROLE two LOGIN CONNECTION LIMIT 2; GRANT CONNECT ON DATABASE {name} TO two;
         GRANT SELECT ON users, tenants TO two; GRANT UPDATE (password_hash, status, updated_at) ON users TO two"
    ));
    for first in ["workers", "pool", "everything"] {
        let store = {
            let _main = main.enter();
            database_at(database.url_of("two"), 4)
        };
        let user = &user;
        match first {
            "workers" => {
                for index in 0..WORKERS {
                    let users = PostgresUserRepository::new(&store.for_worker(index));
                    // Their runtimes go on, so their connections stay open.
                    main.block_on(requests(&users, user, 1));
                }
            }
            "pool" => main.block_on(async {
                let users = PostgresUserRepository::new(&store);
                let status = || users.set_status(user.id, UserStatus::Active, request_time_at(START));
                let written = join_all((0..8).map(|_| status())).await;
                assert!(written.into_iter().all(Result::unwrap));
            }),
            _ => {}
        }
        run_all(&main, &store, user);
        drop(store);
        let of_role = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'two'";
        while database.sql(of_role) != "0" {
            let _ =
                database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'two'");
        }
    }
}

/// If another instance leaves no connection, calls fail, and succeed again once there is one.
#[test]
fn without_any_connection_calls_fail_until_there_is_one() {
    let main = main_runtime();
    let server = PostgresServer::start();
    let database = server.database();
    let user = main.block_on(migrated(&database));
    let name = database.name();
    let _ = database.sql(&format!(
        "CREATE ROLE no_more LOGIN CONNECTION LIMIT 0; GRANT CONNECT ON DATABASE {name} TO no_more;
         GRANT SELECT ON users, tenants TO no_more"
    ));
    let _main = main.enter();
    let store = database_at(database.url_of("no_more"), 4);
    let users = PostgresUserRepository::new(&store.for_worker(0));
    let find = || users.find_by_id(user.id, request_time_at(START));
    for _ in 0..2 {
        let text = crate::support::assert_kind(
            main.block_on(find()),
            auth_domain::ports::PortErrorKind::Unavailable,
        );
        assert!(text.contains("accepts no more connections") && text.contains("POSTGRES__POOL"), "{text}");
    }
    let _ = database.sql("ALTER ROLE no_more CONNECTION LIMIT 1");
    main.block_on(crate::support::assert_back_within_two_seconds("looking up", async || find().await));
}

#[test]
fn the_end_of_a_worker_leaves_the_pool_open() {
    let main = main_runtime();
    let server = PostgresServer::start();
    let database = server.database();
    let user = main.block_on(migrated(&database));
    let store = {
        let _main = main.enter();
        database_at(database.url(), 1)
    };
    let ending = worker();
    let users = PostgresUserRepository::new(&store.for_worker(0));
    // The worker opens its own connection and the one of the pool.
    ending.block_on(requests(&users, &user, 1));
    assert_eq!(connections(&database), 2);
    drop(ending);
    main.block_on(async {
        let one_is_left = || async { connections(&database) == 1 };
        assert!(holds_within(Duration::from_secs(2), one_is_left).await);
        let hash = PasswordHash::new("$argon2id$later".to_owned());
        let expected = user.password_hash.clone();
        let replaced = users.replace_password_hash(user.id, expected, &hash, request_time_at(START)).await;
        assert_eq!(replaced.unwrap(), Replacement::Replaced);
        assert_eq!(connections(&database), 1, "the pool has opened another connection");
        // On this runtime, the worker connects again.
        assert!(users.find_by_id(user.id, request_time_at(START)).await.unwrap().is_some());
    });
}

/// A program may create the database on one runtime and use it on others.
#[test]
fn a_database_without_workers_works_after_the_runtime_of_its_creation_ended() {
    let main = main_runtime();
    let server = PostgresServer::start();
    let database = server.database();
    let user = main.block_on(migrated(&database));
    let first = worker();
    let store = first.block_on(async { Store::at(&database.url()) });
    // The first runtime exists and does not run.
    worker().block_on(requests(&store.users, &user, 1));
    drop(first);
    for _ in 0..2 {
        worker().block_on(requests(&store.users, &user, 6));
    }
}
