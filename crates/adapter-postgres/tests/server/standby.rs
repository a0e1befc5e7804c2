//! A standby is never used, because it receives changes late.

use std::time::Duration;

use auth_domain::model::{RequestTime, UserStatus};
use auth_domain::ports::{PortErrorKind, Severity, UserRepository};
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, a_user, race, request_time_at};

use crate::support::{Store, assert_back_within_two_seconds, assert_kind, now, time_of_day};

fn at_present() -> RequestTime {
    RequestTime::new(time_of_day(), now(), Duration::from_secs(2))
}

fn assert_standby<T>(outcome: Result<T, auth_domain::ports::PortError>) {
    let text = assert_kind(outcome, PortErrorKind::Unavailable);
    assert!(text.contains("is a standby") && text.contains("POSTGRES__URL"), "{text}");
}

// S-96
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_never_used() {
    let primary = PostgresServer::start();
    let database = primary.database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    let standby = primary.start_standby("1h");
    assert!(store.users.set_status(user.id, UserStatus::Inactive, request_time_at(START)).await.unwrap());

    let on_standby = Store::at(&PostgresServer::url_on(&[&standby], database.name()));
    let unknown = a_user(user.tenant_id);
    for _ in 0..3 {
        assert_standby(on_standby.users.find_by_email(&user.email, request_time_at(START)).await);
        assert_standby(on_standby.users.find_by_id(user.id, request_time_at(START)).await);
        assert_standby(on_standby.users.find_by_email(&unknown.email, request_time_at(START)).await);
        assert_standby(on_standby.users_listed(request_time_at(START)).await);
        assert_standby(on_standby.database.ping(at_present()).await);
    }
    let found = on_standby.database.diagnose(at_present()).await.unwrap();
    assert!(
        found.iter().any(|found| found.severity == Severity::Error && found.text.contains("is a standby"))
    );
}

// S-96
#[tokio::test(flavor = "multi_thread")]
async fn the_primary_among_several_hosts_is_used_and_followed() {
    let first = PostgresServer::start();
    let database = first.database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    let second = first.start_standby("0");
    for order in [[&first, &second], [&second, &first]] {
        let store = Store::at(&PostgresServer::url_on(&order, database.name()));
        store.warm_up(&user).await;
        store.database.ping(at_present()).await.unwrap();
        assert!(store.users.set_status(user.id, UserStatus::Active, request_time_at(START)).await.unwrap());
    }

    // A host that accepts connections and does not answer leaves time for the others.
    second.freeze();
    let store = Store::at(&PostgresServer::url_on(&[&second, &first], database.name()));
    assert!(store.find(&user).await.unwrap());
    second.thaw();

    first.kill();
    assert_kind(store.find(&user).await, PortErrorKind::Unavailable);
    second.promote();
    assert_back_within_two_seconds("looking up", async || store.find(&user).await).await;
    assert_back_within_two_seconds("writing", async || {
        store.users.set_status(user.id, UserStatus::Active, request_time_at(START)).await
    })
    .await;
}

/// Behind a pooler, the server of an open connection can change. Here a function simulates this.
// S-96
#[tokio::test(flavor = "multi_thread")]
async fn a_demoted_primary_is_recognised_on_open_connections() {
    let database = PostgresServer::shared().database();
    let owner = Store::migrated(&database).await;
    let user = owner.inserted().await;
    let _ = database.sql(
        "CREATE TABLE role_of_server (is_standby boolean); INSERT INTO role_of_server VALUES (false);
         CREATE FUNCTION pg_is_in_recovery() RETURNS boolean LANGUAGE sql
             AS 'SELECT is_standby FROM public.role_of_server'",
    );
    let own_function_first = "?options=-c%20search_path%3Dpublic%2Cpg_catalog";
    let store = Store::at(&(database.url() + own_function_first));
    let unknown = a_user(user.tenant_id);
    store.warm_up(&user).await;
    store.users_listed(request_time_at(START)).await.unwrap();

    let _ = database.sql("UPDATE role_of_server SET is_standby = true");
    for _ in 0..3 {
        assert_standby(store.find(&user).await);
        let batch = (0..16).map(|_| {
            let (store, user) = (store.clone(), user.clone());
            async move { store.find(&user).await }
        });
        for lookup in race(batch).await {
            assert_kind(lookup, PortErrorKind::Unavailable);
        }
        assert_standby(store.users.find_by_email(&unknown.email, request_time_at(START)).await);
        assert_standby(store.users_listed(request_time_at(START)).await);
        assert_standby(store.database.ping(at_present()).await);
    }
    let _ = database.sql("UPDATE role_of_server SET is_standby = false");
    store.warm_up(&user).await;
    store.users_listed(request_time_at(START)).await.unwrap();
    assert_eq!(store.users.find_by_email(&unknown.email, request_time_at(START)).await.unwrap(), None);
}

// S-96
#[tokio::test(flavor = "multi_thread")]
async fn readiness_commits_a_write_and_a_read_only_database_is_not_ready() {
    let server = PostgresServer::start();
    let database = server.database();
    let store = Store::migrated(&database).await;
    let next_transaction =
        || database.sql("SELECT pg_snapshot_xmax(pg_current_snapshot())").parse::<u64>().unwrap();
    let before = next_transaction();
    for _ in 0..3 {
        store.database.ping(at_present()).await.unwrap();
    }
    assert!(next_transaction() >= before + 3, "nothing was committed");

    let _ =
        database.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()));
    let text = assert_kind(
        Store::at(&database.url()).database.ping(at_present()).await,
        PortErrorKind::Misconfigured,
    );
    assert!(text.contains("the database is read-only"), "{text}");
}
