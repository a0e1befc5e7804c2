//! A database of the HookSentry platform.

use auth_adapter_postgres::Migrated;
use auth_domain::model::{PasswordHash, UserStatus};
use auth_domain::ports::{Deletion, Insertion, PortErrorKind, Replacement, UserRepository};
use auth_testkit::servers::{Database, PostgresServer};
use auth_testkit::{START, a_tenant_id, a_user, request_time_at};

use crate::support::{Store, assert_kind};

/// The schema of the platform's migrations, with tables and columns that this service does not use.
const PLATFORM: &str = r#"
    CREATE TABLE "__EFMigrationsHistory" ("MigrationId" varchar(150) PRIMARY KEY);
    CREATE TABLE tenants (id uuid PRIMARY KEY, name varchar(255) NOT NULL UNIQUE,
        plan text NOT NULL DEFAULT 'free', created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
    CREATE TABLE users (nickname text, id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES tenants(id),
        email varchar(255) NOT NULL, password_hash varchar(512), status int NOT NULL DEFAULT 0,
        role int NOT NULL DEFAULT 0, locale text NOT NULL DEFAULT 'en', created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL);
    CREATE UNIQUE INDEX ix_users_email ON users (email);
"#;

/// Everything that `CREATE` or `ALTER` could change.
const SCHEMA: &str = "
    SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
        SELECT format('%s %s %s', relname, relkind, relacl) AS line FROM pg_class
            WHERE relnamespace = 'public'::regnamespace
        UNION ALL
            SELECT format('%s %s %s %s', attrelid::regclass, attname, atttypid::regtype, attnotnull)
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT nspname::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
        UNION ALL SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ) AS lines";

fn platform() -> Database<'static> {
    let database = PostgresServer::shared().database();
    let _ = database.sql(PLATFORM);
    database
}

#[tokio::test]
async fn a_user_to_whom_other_tables_refer_is_not_deleted() {
    let database = platform();
    let store = Store::at(&database.url());
    let user = store.inserted().await;
    let id = user.id;
    let _ = database.sql(&format!(
        "CREATE TABLE webhooks (owner uuid REFERENCES users (id)); INSERT INTO webhooks VALUES ('{id}')"
    ));
    assert_eq!(store.users.delete(id, request_time_at(START)).await.unwrap(), Deletion::Referenced);
    assert!(store.find(&user).await.unwrap());
    let _ = database.sql("DELETE FROM webhooks");
    assert_eq!(store.users.delete(id, request_time_at(START)).await.unwrap(), Deletion::Deleted);
}

#[tokio::test]
async fn the_schema_of_the_platform_is_never_changed() {
    let database = platform();
    let before = database.sql(SCHEMA);
    assert!(before.contains("ix_users_email"), "{before}");
    let store = Store::at(&database.url());
    for _ in 0..2 {
        let migrated = store.database.migrate(request_time_at(START)).await.unwrap();
        assert_eq!(migrated, Migrated::OwnedByThePlatform);
    }

    let user = store.inserted().await;
    let found = store.users.find_by_email(&user.email, request_time_at(START)).await.unwrap().unwrap();
    assert_eq!((found.id, found.role, found.created_at), (user.id, user.role, START));
    let mut second = a_user(user.tenant_id);
    second.email = user.email.clone();
    assert_eq!(store.users.insert(&second, request_time_at(START)).await.unwrap(), Insertion::Taken);
    let without_tenant = a_user(a_tenant_id());
    assert_eq!(
        store.users.insert(&without_tenant, request_time_at(START)).await.unwrap(),
        Insertion::UnknownTenant
    );
    assert!(store.users.set_status(user.id, UserStatus::Inactive, request_time_at(START)).await.unwrap());
    assert_eq!(store.users.page(None, 10, request_time_at(START)).await.unwrap().users.len(), 1);

    assert_eq!(database.sql(SCHEMA), before);
    assert_eq!(database.sql("SELECT count(*) FROM \"__EFMigrationsHistory\""), "0");
}

#[tokio::test]
async fn a_hash_replacement_changes_one_column_only() {
    let database = platform();
    let store = Store::at(&database.url());
    let user = store.inserted().await;
    let rest = "SELECT to_jsonb(users) - 'password_hash' FROM users";
    let before = database.sql(rest);
    let new = PasswordHash::new("$argon2id$new".to_owned());
    let later = request_time_at(START + time::Duration::days(1));
    let replaced = store.users.replace_password_hash(user.id, user.password_hash.clone(), &new, later).await;
    assert_eq!(replaced.unwrap(), Replacement::Replaced);
    assert_eq!(database.sql(rest), before);
    assert_eq!(database.sql("SELECT password_hash FROM users"), "$argon2id$new");
}

#[tokio::test]
async fn an_unsuitable_table_is_named_and_not_changed() {
    for (change, complaint) in [
        ("ALTER TABLE users DROP COLUMN role", "the table users has no column role of type integer"),
        (
            "ALTER TABLE users ALTER id TYPE text",
            "the column id of the table users has type text instead of uuid",
        ),
        (
            "ALTER TABLE users ALTER status TYPE bigint",
            "the column status of the table users has type bigint",
        ),
        ("ALTER TABLE tenants RENAME name TO title", "the table tenants has no column name"),
        ("DROP TABLE users", "the database has no table users"),
    ] {
        let database = platform();
        let _ = database.sql(change);
        let before = database.sql(SCHEMA);
        let outcome = Store::at(&database.url()).database.migrate(request_time_at(START)).await;
        let text = assert_kind(outcome, PortErrorKind::Misconfigured);
        assert!(text.contains(complaint), "{text}");
        assert_eq!(database.sql(SCHEMA), before);
    }
}

#[tokio::test]
async fn an_unknown_mandatory_column_is_named() {
    let database = platform();
    let store = Store::at(&database.url());
    let user = store.inserted().await;
    let _ = database.sql("ALTER TABLE users ALTER locale DROP DEFAULT");
    let rejected = store.users.insert(&a_user(user.tenant_id), request_time_at(START)).await;
    let text = assert_kind(rejected, PortErrorKind::Misconfigured);
    assert!(text.contains("the column locale of the table users must not be null"), "{text}");

    let _ =
        database.sql("DELETE FROM users; DELETE FROM tenants; ALTER TABLE tenants ALTER plan DROP DEFAULT");
    let rejected = store.users.default_tenant(a_tenant_id(), request_time_at(START)).await;
    let text = assert_kind(rejected, PortErrorKind::Misconfigured);
    assert!(text.contains("the column plan of the table tenants"), "{text}");
}

#[tokio::test]
async fn tables_that_vanish_or_change_while_the_service_runs_are_misconfigured() {
    let database = platform();
    let store = Store::at(&database.url());
    let user = store.inserted().await;
    let _ = database.sql("ALTER TABLE users RENAME COLUMN role TO rank");
    let text = assert_kind(store.find(&user).await, PortErrorKind::Misconfigured);
    assert!(text.contains("column users.role does not exist"), "{text}");
    let _ = database.sql("ALTER TABLE users RENAME COLUMN rank TO role");
    store.warm_up(&user).await;
    let _ = database.sql("DROP TABLE users");
    for _ in 0..4 {
        assert_kind(store.find(&user).await, PortErrorKind::Misconfigured);
    }
}

#[tokio::test]
async fn widening_a_column_at_run_time_fails_no_lookup() {
    let database = platform();
    let store = Store::at(&database.url());
    let user = store.inserted().await;
    store.users_listed(request_time_at(START)).await.unwrap();
    for kind in ["varchar(320)", "text"] {
        store.warm_up(&user).await;
        let _ = database.sql(&format!("ALTER TABLE users ALTER email TYPE {kind}"));
        store.warm_up(&user).await;
    }
    // The first error on a pooled connection discards it.
    let _ = store.users_listed(request_time_at(START)).await;
    store.users_listed(request_time_at(START)).await.unwrap();
}
