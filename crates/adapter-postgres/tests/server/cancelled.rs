//! Calls that are dropped before they end.

use std::time::Duration;

use auth_domain::model::{NewUser, UserStatus};
use auth_domain::ports::UserRepository;
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, a_tenant_id, a_user, request_time_at};

use crate::support::{Store, now, reason};

/// How long the server may take to finish what dropped calls began.
const WAIT: Duration = Duration::from_secs(20);

/// Begins a call and drops it after `limit`.
async fn call_and_drop(store: &Store, number: u64, limit: Duration, user: &NewUser) {
    let request_time = request_time_at(START);
    let stranger = a_user(user.tenant_id);
    let call = async {
        match number % 6 {
            0 => drop(store.users.find_by_id(user.id, request_time).await),
            1 => drop(store.users.set_status(user.id, UserStatus::Active, request_time).await),
            2 => drop(store.users.page(None, 10, request_time).await),
            3 => drop(store.users.insert(&stranger, request_time).await),
            4 => drop(store.users.default_tenant(a_tenant_id(), request_time).await),
            _ => drop(store.database.migrate(request_time).await),
        }
    };
    let _ = tokio::time::timeout(limit, call).await;
}

/// Looks a user up and changes it. Both are repeated for a while: the server may still be starting processes for connections
/// that dropped calls opened.
async fn assert_usable(store: &Store, user: &NewUser) {
    let begun = now();
    loop {
        let found = store.find(user).await;
        let changed = store.users.set_status(user.id, UserStatus::Active, request_time_at(START)).await;
        match found.and_then(|found| Ok(found && changed?)) {
            Ok(both) => return assert!(both),
            Err(error) => assert!(begun.elapsed() < WAIT, "the store is not usable: {}", reason(&error)),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

// S-77
#[tokio::test(flavor = "multi_thread")]
async fn calls_dropped_at_any_moment_leave_no_open_transaction() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    for round in 0..60 {
        let calls = (0..12).map(|number| {
            let (store, user) = (store.clone(), user.clone());
            let limit = Duration::from_micros(round * number * 30);
            async move { call_and_drop(&store, number + round, limit, &user).await }
        });
        auth_testkit::race(calls).await;
    }

    let calls = (0..32).map(|_| {
        let (store, user) = (store.clone(), user.clone());
        async move { assert_usable(&store, &user).await }
    });
    auth_testkit::race(calls).await;
    // Rollbacks and connections of dropped calls may still be ending.
    let begun = now();
    let open = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    while database.sql(open) != "0" {
        assert!(begun.elapsed() < WAIT, "a transaction stays open");
    }
    let connections = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while database.sql(connections).parse::<u32>().unwrap() > 8 {
        assert!(begun.elapsed() < WAIT, "more than 8 connections stay open");
    }
}
