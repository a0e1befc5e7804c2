//! Migrations of a database of this service.

use std::time::Duration;

use auth_adapter_postgres::Migrated;
use auth_domain::ports::PortErrorKind;
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, race, request_time_at, request_time_past_its_deadline};

use crate::support::{Store, assert_kind, while_locked, within};

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_simultaneous_instances_creates_the_tables() {
    let database = PostgresServer::shared().database();
    let stores: Vec<_> = (0..8).map(|_| Store::at(&database.url())).collect();
    let migrations =
        stores.into_iter().map(|store| async move { store.database.migrate(request_time_at(START)).await });
    let mut applied = 0;
    for outcome in race(migrations).await {
        match outcome.unwrap() {
            Migrated::UpToDate { applied: here } => applied += here,
            Migrated::OwnedByThePlatform => panic!("there is no platform"),
        }
    }
    assert_eq!(applied.to_string(), database.sql("SELECT count(*) FROM __diesel_schema_migrations"));
    assert_eq!(applied, 1);
}

// Each worker of the HTTP server is a runtime of this kind.
#[tokio::test]
async fn migrating_again_changes_nothing_on_a_single_threaded_runtime() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    let again = store.database.migrate(request_time_at(START)).await.unwrap();
    assert_eq!(again, Migrated::UpToDate { applied: 0 });
    assert!(store.find(&user).await.unwrap());
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_rejected_and_left_as_it_was() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let _ = database.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");
    let text =
        assert_kind(store.database.migrate(request_time_at(START)).await, PortErrorKind::Misconfigured);
    assert!(
        text.contains("migrated by a newer version (migration 99990101000000); run that version"),
        "{text}"
    );
}

#[tokio::test]
async fn a_missing_create_privilege_is_a_misconfiguration() {
    let database = PostgresServer::shared().database();
    let role = format!("unprivileged_{}", database.name());
    let _ = database.sql(&format!("CREATE ROLE {role} LOGIN"));
    let unprivileged = Store::at(&database.url_of(&role));
    let text = assert_kind(
        unprivileged.database.migrate(request_time_at(START)).await,
        PortErrorKind::Misconfigured,
    );
    assert!(text.contains("permission denied for schema public"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_waits_for_the_lock_until_its_deadline() {
    let database = PostgresServer::shared().database();
    let store = Store::at(&database.url());
    let late = store.database.migrate(request_time_past_its_deadline(START)).await;
    assert_kind(late, PortErrorKind::Unavailable);

    while_locked(&database, "SELECT pg_advisory_xact_lock(7526466559358299495)", 0.8, async {
        let outcome = store.database.migrate(within(Duration::from_millis(200))).await;
        assert_kind(outcome, PortErrorKind::Unavailable);
    });
    assert_eq!(database.sql("SELECT to_regclass('users') IS NULL"), "t");
    assert!(store.database.migrate(request_time_at(START)).await.is_ok());
}
