//! Relations that hide, redirect or filter the rows of `users`, and tables that are missing.

use std::time::Duration;

use auth_domain::model::{NewUser, RequestTime};
use auth_domain::ports::{PortErrorKind, Severity, UserRepository};
use auth_testkit::servers::{Database, PostgresServer};
use auth_testkit::{START, a_user, race, request_time_at};

use crate::support::{Store, assert_kind, now, reason, time_of_day, while_locked};

fn at_present() -> RequestTime {
    RequestTime::new(time_of_day(), now(), Duration::from_secs(10))
}

/// The reason why readiness fails.
async fn unready(store: &Store) -> String {
    assert_kind(store.database.ping(at_present()).await, PortErrorKind::Misconfigured)
}

async fn assert_ready(store: &Store) {
    let outcome = store.database.ping(at_present()).await;
    assert!(outcome.is_ok(), "{:?}", outcome.map_err(|error| reason(&error)));
}

async fn checks(store: &Store, severity: Severity) -> String {
    let checks = store.database.diagnose(at_present()).await.unwrap();
    let texts = checks.into_iter().filter(|check| check.severity == severity).map(|check| check.text);
    texts.collect::<Vec<_>>().join("\n")
}

/// Expects that lookups that may miss a hidden row fail, and so does readiness.
async fn assert_hidden(store: &Store, user: &NewUser, part: &str) {
    let unknown = a_user(user.tenant_id);
    for found in [
        store.users.find_by_email(&user.email, request_time_at(START)).await,
        store.users.find_by_email(&unknown.email, request_time_at(START)).await,
        store.users.find_by_id(unknown.id, request_time_at(START)).await,
    ] {
        let text = assert_kind(found, PortErrorKind::Misconfigured);
        assert!(text.contains(part), "{part}: {text}");
    }
    for found in batch(store, &unknown).await {
        assert_kind(found, PortErrorKind::Misconfigured);
    }
    assert!(unready(store).await.contains(part), "{part}");
    assert!(checks(store, Severity::Error).await.contains(part), "{part}");
}

/// Expects that a lookup fails also if it finds the user.
async fn assert_changed(store: &Store, user: &NewUser, part: &str) {
    let text = assert_kind(store.find(user).await, PortErrorKind::Misconfigured);
    assert!(text.contains(part), "{part}: {text}");
    for found in batch(store, user).await {
        assert_kind(found, PortErrorKind::Misconfigured);
    }
}

async fn assert_found(store: &Store, user: &NewUser) {
    let found = store.users.find_by_email(&user.email, request_time_at(START)).await;
    assert!(found.unwrap().is_some());
    assert!(store.find(user).await.unwrap());
    let unknown = a_user(user.tenant_id);
    assert!(!store.find(&unknown).await.unwrap());
}

async fn batch(store: &Store, user: &NewUser) -> Vec<Result<bool, auth_domain::ports::PortError>> {
    race((0..16).map(|_| {
        let (store, user) = (store.clone(), user.clone());
        async move { store.find(&user).await }
    }))
    .await
}

async fn with_a_user(database: &Database<'_>) -> (Store, NewUser) {
    let store = Store::migrated(database).await;
    let user = store.inserted().await;
    store.warm_up(&user).await;
    assert_found(&store, &user).await;
    assert_ready(&store).await;
    (store, user)
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn no_other_kind_of_relation_replaces_the_table() {
    let columns = "SELECT tableoid, id, tenant_id, email, password_hash, 0 AS status, role, created_at, updated_at FROM all_users";
    let create = |what: &str| format!("ALTER TABLE users RENAME TO all_users; {what}");
    for (change, part) in [
        (create(&format!("CREATE VIEW users AS {columns}")), "public.users is a view"),
        (
            create(&format!("CREATE MATERIALIZED VIEW users AS {}", columns.replace("tableoid, ", ""))),
            "public.users is a materialized view",
        ),
        (
            create(
                "CREATE TABLE users (LIKE all_users) PARTITION BY HASH (id);
                 ALTER TABLE users ATTACH PARTITION all_users FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
            ),
            "public.users is a partitioned table",
        ),
        (
            create(
                "CREATE TABLE parent (LIKE all_users) PARTITION BY HASH (id);
                 CREATE TABLE users PARTITION OF parent FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
            ),
            "public.users is a partition",
        ),
        ("CREATE TABLE more_users () INHERITS (users)".to_owned(), "public.users has child tables"),
    ] {
        let database = PostgresServer::shared().database();
        let (store, user) = with_a_user(&database).await;
        let _ = database.sql(&change);
        for store in [&store, &Store::at(&database.url())] {
            assert_hidden(store, &user, part).await;
            if part.contains("view") {
                assert_changed(store, &user, part).await;
            }
        }
    }
}

/// Each role that may create tables in a schema of the search path can make such a table.
// S-94
#[tokio::test(flavor = "multi_thread")]
async fn a_later_table_of_the_name_is_a_warning() {
    let database = PostgresServer::shared().database();
    let (_, user) = with_a_user(&database).await;
    let _ = database.sql(
        "CREATE SCHEMA later; CREATE TABLE later.users (LIKE public.users);
         INSERT INTO later.users SELECT * FROM public.users; CREATE VIEW later.tenants AS SELECT * FROM public.tenants",
    );
    let store = Store::at(&(database.url() + "?options=-c%20search_path%3Dpublic%2Clater"));
    assert_found(&store, &user).await;
    assert_ready(&store).await;
    let warning = checks(&store, Severity::Warning).await;
    assert!(
        warning.contains("later.users is in the search_path as well; the service reads public.users"),
        "{warning}"
    );
    assert_eq!(checks(&store, Severity::Error).await, "");

    // Another role locks its table, and a migration locks `tenants`.
    while_locked(&database, "LOCK TABLE later.users, public.tenants", 1.0, async {
        let begun = now();
        assert_found(&store, &user).await;
        assert_ready(&store).await;
        assert!(begun.elapsed() < Duration::from_millis(800), "waits for a lock of another table");
    });
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_or_empty_table_of_the_name_is_an_error() {
    let database = PostgresServer::shared().database();
    let (_, user) = with_a_user(&database).await;
    let _ = database.sql(
        "CREATE SCHEMA earlier; CREATE TABLE earlier.users (LIKE public.users);
         INSERT INTO earlier.users SELECT * FROM public.users",
    );
    let earlier = Store::at(&(database.url() + "?options=-c%20search_path%3Dearlier%2Cpublic"));
    assert!(unready(&earlier).await.contains("the service reads earlier.users, and not public.users"));
    // A request looks at other tables only if its own is empty.
    assert_found(&earlier, &user).await;
    let _ = database.sql("TRUNCATE earlier.users");
    assert_hidden(&earlier, &user, "the service reads earlier.users, which is empty, and not public.users")
        .await;
    let alone = Store::at(&(database.url() + "?options=-c%20search_path%3Dearlier"));
    assert_hidden(&alone, &user, "the service reads earlier.users, which is empty, and not public.users")
        .await;
    let _ = database.sql("DROP TABLE earlier.users");
    assert!(unready(&alone).await.contains("public.users exists, but the role"));
    assert_found(&earlier, &user).await;
}

/// Creates `users` in `schemas` schemas of another role, each with a row.
fn fill_schemas_of_another_role(database: &Database<'_>, schemas: usize) {
    let role = format!("other_{}", database.name());
    let _ = database.sql(&format!(
        "CREATE ROLE {role}; GRANT CREATE ON DATABASE {} TO {role}; GRANT SELECT ON users TO {role}; SET ROLE {role};
         DO $$ BEGIN FOR n IN 1..{schemas} LOOP
             EXECUTE format('CREATE SCHEMA s%s; CREATE TABLE s%1$s.users (LIKE public.users);
                 INSERT INTO s%1$s.users VALUES (gen_random_uuid(), gen_random_uuid(), ''a@b.c'', NULL, 0, 0, now(), now());
                 ANALYZE s%1$s.users', n);
         END LOOP; END $$",
        database.name()
    ));
}

/// Any role that may create a schema could stop the service.
// S-94
#[tokio::test(flavor = "multi_thread")]
async fn tables_of_other_roles_stop_nothing_while_users_is_empty() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    fill_schemas_of_another_role(&database, 2);
    let unknown = a_user(auth_testkit::a_tenant_id());
    while_locked(&database, "LOCK TABLE s1.users", 1.0, async {
        let begun = now();
        assert_ready(&store).await;
        assert!(!store.find(&unknown).await.unwrap());
        let found = store.users.find_by_email(&unknown.email, request_time_at(START)).await;
        assert!(found.unwrap().is_none());
        assert!(begun.elapsed() < Duration::from_millis(800), "waits for a lock of another table");
    });
    let warning = checks(&store, Severity::Warning).await;
    let part = "s1.users has rows and another owner; the service reads public.users, which is empty";
    assert!(warning.contains(part), "{warning}");
    assert_eq!(checks(&store, Severity::Error).await, "");
}

/// Returns how many rows the connections of the service have read from the catalog over an index.
fn catalog_rows(database: &Database<'_>, index: &str) -> u64 {
    let others = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    // The end of a connection adds its numbers.
    let begun = now();
    while database.sql(others) != "0" {
        assert!(begun.elapsed() < Duration::from_secs(10), "a connection stays open");
    }
    let rows = format!("SELECT idx_tup_read FROM pg_stat_sys_indexes WHERE indexrelname = '{index}'");
    database.sql(&rows).parse().unwrap()
}

/// A schema for each tenant, or a role that may create schemas, could slow every login down.
// S-94
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tables_of_the_name_cost_requests_nothing() {
    const SCHEMAS: u64 = 1_000;
    const CALLS: u64 = 20;
    let (relations, columns) = ("pg_class_relname_nsp_index", "pg_attribute_relid_attnum_index");
    let database = PostgresServer::shared().database();
    let (store, user) = with_a_user(&database).await;
    drop(store);
    fill_schemas_of_another_role(&database, 1_000);

    let before = catalog_rows(&database, relations);
    let store = Store::at(&database.url());
    for _ in 0..CALLS {
        assert_found(&store, &user).await;
    }
    drop(store);
    let read = catalog_rows(&database, relations) - before;
    assert!(read < SCHEMAS, "{CALLS} calls read {read} relations of the name");

    // Readiness reads a bounded number of them, and only while its table is empty.
    let _ = database.sql("TRUNCATE users");
    let before = catalog_rows(&database, columns);
    let store = Store::at(&database.url());
    for _ in 0..CALLS {
        assert_ready(&store).await;
    }
    drop(store);
    let read = catalog_rows(&database, columns) - before;
    assert!(read < SCHEMAS * CALLS * 4, "{CALLS} checks read {read} columns of {SCHEMAS} relations");
}

/// A rule does not change what a lookup finds, so it is no reason to reject a request.
// S-94
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_on_writes_is_an_error_of_readiness_only() {
    let database = PostgresServer::shared().database();
    let (store, user) = with_a_user(&database).await;
    let _ = database.sql("CREATE RULE none AS ON UPDATE TO tenants DO INSTEAD NOTHING");
    assert_found(&store, &user).await;
    assert!(unready(&store).await.contains("a rule redirects statements on public.tenants"));
    let _ =
        database.sql("ALTER TABLE tenants DISABLE RULE none; ALTER TABLE users ENABLE ROW LEVEL SECURITY");
    // The policies do not apply to the owner.
    assert_ready(&store).await;
}

// S-94
#[tokio::test(flavor = "multi_thread")]
async fn missing_tables_and_columns_are_not_ready() {
    for (change, part) in [
        ("DROP TABLE users", "the database has no table users; restore it"),
        ("ALTER TABLE users DROP COLUMN role", "the table users has no column role"),
        ("DROP TABLE users, tenants", "neither a table users nor a table tenants; run `migrate`"),
    ] {
        let database = PostgresServer::shared().database();
        let (store, _) = with_a_user(&database).await;
        let _ = database.sql(change);
        for store in [&store, &Store::at(&database.url())] {
            assert!(unready(store).await.contains(part), "{part}");
            assert!(checks(store, Severity::Error).await.contains(part), "{part}");
        }
        let migrated = store.database.migrate(request_time_at(START)).await;
        let text = assert_kind(migrated, PortErrorKind::Misconfigured);
        assert!(text.contains(part), "`migrate` succeeds without the tables: {text}");
    }
    let database = PostgresServer::shared().database();
    assert!(unready(&Store::at(&database.url())).await.contains("run `migrate`"));
}

// S-94
#[tokio::test]
async fn diagnostics_name_the_relations_and_count_their_rows() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let users = checks(&store, Severity::Ok).await;
    assert!(users.contains("users is read from the table public.users, with 0 rows"), "{users}");
    let _ = store.inserted().await;
    let users = checks(&store, Severity::Ok).await;
    for table in ["users", "tenants"] {
        assert!(
            users.contains(&format!("{table} is read from the table public.{table}, with 1 row")),
            "{users}"
        );
    }
}
