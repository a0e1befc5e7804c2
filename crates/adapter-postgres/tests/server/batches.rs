//! Batches of lookups: what is sent, and what their members get when a connection or the server fails.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use auth_domain::model::{RequestTime, User, UserId};
use auth_domain::ports::{PortError, PortErrorKind, UserRepository};
use auth_testkit::servers::{Database, PostgresServer};
use auth_testkit::{START, a_tenant_id, a_user_id, request_time_at};
use tokio::task::JoinHandle;

use crate::support::{Store, assert_back_within_two_seconds, assert_kind, now, reason, within};

type Asked = JoinHandle<Result<Option<User>, PortError>>;

fn asking(store: &Store, id: UserId) -> Asked {
    asking_with(store, id, request_time_at(START))
}

fn asking_with(store: &Store, id: UserId, request_time: RequestTime) -> Asked {
    let users = store.users.clone();
    tokio::spawn(async move { users.find_by_id(id, request_time).await })
}

/// Inserts users whose emails contain their ids, and returns the ids.
fn fill(database: &Database<'_>, count: usize) -> Vec<UserId> {
    let tenant = a_tenant_id();
    let rows = database.sql(&format!(
        "INSERT INTO tenants VALUES ('{tenant}', 'default');
         WITH new AS (INSERT INTO users (id, tenant_id, email, password_hash)
             SELECT id, '{tenant}', id || '@example.com', '$argon2id$'
             FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, {count})) AS ids RETURNING id)
         SELECT id FROM new"
    ));
    let ids: Vec<_> =
        rows.lines().filter_map(|line| Some(UserId::from_uuid(line.trim().parse().ok()?))).collect();
    assert_eq!(ids.len(), count);
    ids
}

fn assert_is_of(user: &User, id: UserId) {
    assert_eq!((user.id, user.email.as_str()), (id, format!("{id}@example.com").as_str()));
}

#[tokio::test]
async fn lookups_of_one_turn_are_one_statement_with_a_row_for_each() {
    let server = PostgresServer::start_with_statements();
    let database = server.database();
    let store = Store::migrated(&database).await;
    let ids = fill(&database, 40);
    store.users.find_by_id(ids[0], request_time_at(START)).await.unwrap();
    store.users.find_by_id(ids[0], request_time_at(START)).await.unwrap();
    // Known and unknown ids, and one id twice.
    let asked: Vec<_> = ids
        .iter()
        .flat_map(|id| [*id, a_user_id()])
        .chain([ids[7]])
        .map(|id| (id, asking(&store, id)))
        .collect();
    for (id, user) in asked {
        match user.await.unwrap().unwrap() {
            Some(user) => assert_is_of(&user, id),
            None => assert!(!ids.contains(&id)),
        }
    }
    let statements = server.statements();
    let count = |part: &str| statements.iter().filter(|statement| statement.contains(part)).count();
    assert_eq!((count("WITH ORDINALITY"), count("(SELECT) AS one")), (1, 2), "{statements:?}");
}

#[tokio::test]
async fn an_unreadable_row_fails_only_its_own_lookup() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let ids = fill(&database, 20);
    let _ = database.sql(&format!("UPDATE users SET role = 7 WHERE id = '{}'", ids[3]));
    let asked: Vec<_> = ids.iter().map(|id| (*id, asking(&store, *id))).collect();
    for (id, user) in asked {
        let user = user.await.unwrap();
        if id == ids[3] {
            assert_kind(user, PortErrorKind::Corrupt);
        } else {
            assert_is_of(&user.unwrap().unwrap(), id);
        }
    }
}

/// A text that is not valid in the encoding makes the whole statement fail, and so does a time that cannot be represented.
#[tokio::test]
async fn a_row_that_fails_the_statement_fails_only_its_own_lookup() {
    let server = PostgresServer::start();
    let _ = server
        .database()
        .sql("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    let database = server.database_like("ascii");
    let store = Store::migrated(&database).await;
    let ids = fill(&database, 20);
    for (change, kind) in [
        ("email = E'\\xff@x.y'", PortErrorKind::Unavailable),
        ("created_at = 'infinity'", PortErrorKind::Corrupt),
    ] {
        let _ = database.sql(&format!("UPDATE users SET {change} WHERE id = '{}'", ids[3]));
        let asked: Vec<_> = ids.iter().map(|id| (*id, asking(&store, *id))).collect();
        for (id, user) in asked {
            let user = user.await.unwrap();
            if id == ids[3] {
                assert_kind(user, kind);
            } else {
                assert_is_of(&user.unwrap().unwrap(), id);
            }
        }
        let _ = database.sql("UPDATE users SET email = id || '@example.com'");
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_at_random_give_no_caller_the_user_of_another() {
    const CALLERS: usize = 64;
    let server = Arc::new(PostgresServer::start());
    let database = server.database();
    let store = Store::migrated(&database).await;
    let ids = Arc::new(fill(&database, 1_000));
    let (answers, errors) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (cut, cuts) = mpsc::channel();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (store, ids, cut) = (store.clone(), Arc::clone(&ids), cut.clone());
            let (answers, errors) = (Arc::clone(&answers), Arc::clone(&errors));
            tokio::spawn(async move {
                for step in 0..400 {
                    let id = ids[(caller * 157 + step * 337) % ids.len()];
                    match store.users.find_by_id(id, request_time_at(START)).await {
                        Ok(user) => {
                            assert_is_of(&user.unwrap(), id);
                            if answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(1_000) {
                                let _ = cut.send(());
                            }
                        }
                        Err(error) => {
                            assert_eq!(error.kind(), PortErrorKind::Unavailable, "{}", reason(&error));
                            errors.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            })
        })
        .collect();
    drop(cut);
    let killed: usize = tokio::task::block_in_place(|| {
        let cut_all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
        cuts.iter().map(|()| database.sql(cut_all).parse::<usize>().unwrap()).sum()
    });
    for caller in callers {
        caller.await.unwrap();
    }
    let (answers, errors) = (answers.load(Ordering::Relaxed), errors.load(Ordering::Relaxed));
    assert!(killed > 5, "{killed} connections were cut");
    assert!(answers > 9 * errors, "{answers} answers, {errors} errors, {killed} cuts");
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn only_the_batch_in_flight_fails_if_the_server_freezes_for_a_moment() {
    let server = PostgresServer::start();
    let database = server.database();
    let store = Store::migrated(&database).await;
    let ids = fill(&database, 32);
    for _ in 0..3 {
        // Opens both connections.
        for _ in 0..2 {
            store.users.find_by_id(ids[0], request_time_at(START)).await.unwrap();
        }
        server.freeze();
        let in_flight = asking_with(&store, ids[0], within(Duration::from_millis(400)));
        // The batch is sent within a turn of the runtime.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let behind: Vec<_> = ids.iter().map(|id| (*id, asking(&store, *id))).collect();
        assert_kind(in_flight.await.unwrap(), PortErrorKind::Unavailable);
        server.thaw();
        for (id, user) in behind {
            assert_is_of(&user.await.unwrap().unwrap().unwrap(), id);
        }
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn lookups_of_every_batch_fail_in_time_if_the_server_is_frozen_or_killed() {
    let server = PostgresServer::start();
    let database = server.database();
    let store = Store::migrated(&database).await;
    let ids = fill(&database, 16);
    // The test server runs without fsync, and would lose the last writes.
    let _ = database.sql("CHECKPOINT");
    for is_killed in [false, true] {
        store.users.find_by_id(ids[0], request_time_at(START)).await.unwrap();
        server.freeze();
        let begun = now();
        let mut asked = Vec::new();
        for _ in 0..4 {
            asked.extend(ids.iter().map(|id| asking(&store, *id)));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if is_killed {
            server.kill();
        }
        for user in asked {
            assert_kind(user.await.unwrap(), PortErrorKind::Unavailable);
        }
        assert!(begun.elapsed() < Duration::from_millis(2_500), "{:?}", begun.elapsed());
        if is_killed {
            server.start_again();
        } else {
            server.thaw();
        }
        let users = &store.users;
        assert_back_within_two_seconds("looking up", async || {
            users.find_by_id(ids[0], request_time_at(START)).await
        })
        .await;
    }
}
