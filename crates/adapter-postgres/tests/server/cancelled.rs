//! Calls that are dropped before they end.

use std::time::Duration;

use auth_domain::model::{NewUser, UserStatus};
use auth_domain::ports::{PortErrorKind, UserRepository};
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, a_tenant_id, a_user, request_time_at};

use crate::support::{Store, now, reason};

/// How long the store may be unavailable after dropped calls.
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

/// Looks a user up and changes it. Both are repeated while the store is unavailable: on a slow machine, the server may still be
/// starting processes for the connections of dropped calls.
async fn assert_usable(store: &Store, user: &NewUser) {
    let begun = now();
    loop {
        let found = store.find(user).await;
        let changed = store.users.set_status(user.id, UserStatus::Active, request_time_at(START)).await;
        match found.and_then(|found| Ok(found && changed?)) {
            Ok(both) => return assert!(both),
            Err(error) => {
                assert_eq!(error.kind(), PortErrorKind::Unavailable, "{}", reason(&error));
                assert!(begun.elapsed() < WAIT, "the store is not usable: {}", reason(&error));
            }
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
    let open = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    // The rollback of a dropped migration may still be running. Not much longer: the server itself ends an idle transaction
    // after two seconds, which would hide one that stays open.
    let mut attempts = 0;
    while database.sql(open) != "0" {
        attempts += 1;
        assert!(attempts < 20, "a transaction stays open");
    }
    let connections = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let count: u32 = database.sql(connections).parse().unwrap();
    assert!(count <= 8, "{count} connections are open");
}
