//! Servers that freeze, stop and return, and connections that close or wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_domain::model::{NewUser, UserStatus};
use auth_domain::ports::{PortErrorKind, UserRepository};
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, a_tenant_id, a_user, race, request_time_at};
use tokio::net::TcpListener;

use crate::support::{Store, assert_back_within_two_seconds, assert_kind, now, while_locked};

const LIMIT: Duration = Duration::from_millis(2_500);

/// Asserts that 24 concurrent calls of every kind fail in time: reads as `Unavailable`; writes as `Unanswered` as well, because
/// some of them are sent.
async fn assert_unavailable(store: &Store) {
    let user = a_user(a_tenant_id());
    let request_time = request_time_at(START);
    let calls = (0..24_u8).map(|number| {
        let (store, user) = (store.clone(), user.clone());
        async move {
            let begun = now();
            let outcome = match number % 6 {
                0 => store.users.find_by_email(&user.email, request_time).await.map(drop),
                1 => store.users.set_status(user.id, UserStatus::Inactive, request_time).await.map(drop),
                2 => store.users.page(None, 10, request_time).await.map(drop),
                3 => store.database.ping(request_time).await,
                4 => store.users.insert(&user, request_time).await.map(drop),
                _ => store.users.find_by_id(user.id, request_time).await.map(drop),
            };
            let is_write = matches!(number % 6, 1 | 4);
            match outcome.unwrap_err().kind() {
                PortErrorKind::Unavailable => {}
                PortErrorKind::Unanswered if is_write => {}
                other => panic!("call {number} is {other}"),
            }
            assert!(begun.elapsed() < LIMIT, "call {number} took {:?}", begun.elapsed());
        }
    });
    race(calls).await;
}

async fn assert_back(store: &Store, user: &NewUser) {
    assert_back_within_two_seconds("looking up", async || store.find(user).await).await;
    let status = UserStatus::Active;
    assert_back_within_two_seconds("writing", async || {
        store.users.set_status(user.id, status, request_time_at(START)).await
    })
    .await;
    // Every shared and pooled connection works again, not only those of the first calls.
    let calls = (0..16_u8).map(|number| {
        let (store, user) = (store.clone(), user.clone());
        async move {
            assert!(store.find(&user).await.unwrap());
            assert!(
                number % 4 > 0
                    || store.users.set_status(user.id, status, request_time_at(START)).await.unwrap()
            );
        }
    });
    race(calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_is_unavailable_in_time_and_used_again_once_it_thaws() {
    let server = PostgresServer::start();
    let store = Store::migrated(&server.database()).await;
    let user = store.inserted().await;
    store.warm_up(&user).await;
    for _ in 0..2 {
        server.freeze();
        assert_unavailable(&store).await;
        // Once more, now that every connection is discarded.
        assert_unavailable(&store).await;
        server.thaw();
        assert_back(&store, &user).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_is_unavailable_and_used_again_once_it_is_back() {
    let server = PostgresServer::start();
    let database = server.database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    store.warm_up(&user).await;
    // The test server runs without fsync, and would lose the last writes.
    let _ = database.sql("CHECKPOINT");

    server.kill();
    assert_unavailable(&store).await;
    server.start_again();
    assert_back(&store, &user).await;

    // Without a call during the outage, the next call finds every connection closed.
    server.kill();
    server.start_again();
    for _ in 0..4 {
        assert!(store.find(&user).await.unwrap());
        assert!(store.users.set_status(user.id, UserStatus::Active, request_time_at(START)).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_survive_closed_idle_connections() {
    let server = PostgresServer::shared();
    let database = server.database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    store.warm_up(&user).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for _ in 0..5 {
        let _ = database.sql(end);
        store.warm_up(&user).await;
    }
}

/// Accepts connections and never answers. Returns the port and the largest number of simultaneous connections.
async fn silent_server() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            seen.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let open = Arc::clone(&open);
            tokio::spawn(async move {
                let _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (port, most)
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_lookups_connect_once_and_wait_a_second_at_most() {
    let (port, most) = silent_server().await;
    let store = Store::at(&format!("postgres://auth@127.0.0.1:{port}/auth"));
    let user = a_user(a_tenant_id());
    let calls = (0..64).map(|_| {
        let (store, user) = (store.clone(), user.clone());
        async move {
            let begun = now();
            assert_kind(store.find(&user).await, PortErrorKind::Unavailable);
            assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
        }
    });
    race(calls).await;
    // The relay may notice a closed connection after the next one has opened.
    let most = most.load(Ordering::SeqCst);
    assert!((1..=3).contains(&most), "{most} connections at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_stay_fast_while_every_connection_of_the_pool_waits_for_a_lock() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    store.warm_up(&user).await;

    let lock = format!("SELECT 1 FROM users WHERE id = '{}' FOR UPDATE", user.id);
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while_locked(&database, &lock, 1.0, async {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let (store, id) = (store.clone(), user.id);
                tokio::spawn(async move {
                    store.users.set_status(id, UserStatus::Active, request_time_at(START)).await.is_ok()
                })
            })
            .collect();
        // Every connection of the pool.
        while database.sql(waiting) != "4" {}
        let begun = now();
        let lookups = (0..64).map(|_| {
            let (store, user) = (store.clone(), user.clone());
            async move { store.find(&user).await.unwrap() }
        });
        assert!(race(lookups).await.into_iter().all(|found| found));
        assert!(begun.elapsed() < Duration::from_millis(300), "{:?}", begun.elapsed());
        let mut done = 0;
        for writer in writers {
            done += usize::from(writer.await.unwrap());
        }
        assert!(done >= 4, "every call with a connection succeeds");
    });
}
