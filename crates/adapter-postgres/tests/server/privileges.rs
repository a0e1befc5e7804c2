//! The privileges that the README grants are enough, and not more than needed.

use std::time::Duration;

use auth_adapter_postgres::Migrated;
use auth_domain::model::{PasswordHash, RequestTime, UserStatus};
use auth_domain::ports::{Deletion, Insertion, PortErrorKind, Replacement, UserRepository};
use auth_testkit::servers::{Database, PostgresServer};
use auth_testkit::{START, a_tenant_id, a_user, request_time_at};

use crate::support::{Store, assert_kind, now, time_of_day};

const README: &str = include_str!("../../README.md");

/// Runs one SQL block of the README, for a role that is named after the database.
fn grant(database: &Database<'_>, block: usize) -> String {
    let blocks: Vec<_> =
        README.split("```sql\n").skip(1).map(|text| text.split("```").next().unwrap()).collect();
    let role = format!("auth_{}", database.name());
    let statements = blocks[block]
        .replace("hooksentry_auth", &role)
        .replace("DATABASE hooksentry", &format!("DATABASE {}", database.name()));
    let _ = database.sql(&statements);
    role
}

fn revoke_public_privileges(database: &Database<'_>) {
    let name = database.name();
    let _ = database
        .sql(&format!("REVOKE ALL ON DATABASE {name} FROM public; REVOKE ALL ON SCHEMA public FROM public"));
}

// S-87
#[tokio::test]
async fn login_and_refresh_need_select_and_update_of_hashes_only() {
    let database = PostgresServer::shared().database();
    let owner = Store::migrated(&database).await;
    let _ = database.sql("DROP TABLE __diesel_schema_migrations");
    let user = owner.inserted().await;
    revoke_public_privileges(&database);
    let store = Store::at(&database.url_of(&grant(&database, 0)));

    let request_time = request_time_at(START);
    assert_eq!(store.database.migrate(request_time).await.unwrap(), Migrated::OwnedByThePlatform);
    assert!(store.find(&user).await.unwrap());
    assert!(store.users.find_by_email(&user.email, request_time).await.unwrap().is_some());
    assert_eq!(store.users.page(None, 10, request_time).await.unwrap().users.len(), 1);
    assert!(!store.database.diagnose(request_time).await.unwrap().is_empty());
    store.database.ping(RequestTime::new(time_of_day(), now(), Duration::from_secs(2))).await.unwrap();
    let new = PasswordHash::new("$argon2id$new".to_owned());
    let replaced =
        store.users.replace_password_hash(user.id, user.password_hash.clone(), &new, request_time).await;
    assert_eq!(replaced.unwrap(), Replacement::Replaced);

    assert_eq!(store.users.default_tenant(a_tenant_id(), request_time).await.unwrap(), user.tenant_id);
    let inserted = store.users.insert(&a_user(user.tenant_id), request_time).await;
    assert_kind(inserted, PortErrorKind::Misconfigured);
    let set = store.users.set_status(user.id, UserStatus::Inactive, request_time).await;
    let text = assert_kind(set, PortErrorKind::Misconfigured);
    assert!(text.contains("permission denied for table users"), "{text}");
    let deleted = store.users.delete(user.id, request_time).await;
    assert_kind(deleted, PortErrorKind::Misconfigured);
    for statement in
        ["UPDATE users SET role = 10", "DELETE FROM users", "CREATE TABLE mine (id int)", "TRUNCATE users"]
    {
        let rejected = format!("SET ROLE auth_{}; {statement}", database.name());
        assert!(std::panic::catch_unwind(|| database.sql(&rejected)).is_err(), "{statement} is allowed");
    }
}

// S-87
#[tokio::test]
async fn administration_needs_insert_delete_and_update_of_the_status() {
    let database = PostgresServer::shared().database();
    drop(Store::migrated(&database).await);
    revoke_public_privileges(&database);
    let role = grant(&database, 0);
    grant(&database, 1);
    let store = Store::at(&database.url_of(&role));

    let request_time = request_time_at(START);
    let tenant = store.users.default_tenant(a_tenant_id(), request_time).await.unwrap();
    let user = a_user(tenant);
    assert_eq!(store.users.insert(&user, request_time).await.unwrap(), Insertion::Inserted);
    assert_eq!(store.users.insert(&user, request_time).await.unwrap(), Insertion::Taken);
    assert_eq!(
        store.users.insert(&a_user(a_tenant_id()), request_time).await.unwrap(),
        Insertion::UnknownTenant
    );
    assert!(store.users.set_status(user.id, UserStatus::Inactive, request_time).await.unwrap());
    assert_eq!(store.users.delete(user.id, request_time).await.unwrap(), Deletion::Deleted);

    // In a database of this service, the role also reads the applied migrations.
    grant(&database, 2);
    assert_eq!(store.database.migrate(request_time).await.unwrap(), Migrated::UpToDate { applied: 0 });
}
