//! The least rights, as the README grants them.

use std::time::Duration;

use auth_adapter_postgres::Migrated;
use auth_domain::model::{PasswordHash, RequestTime, UserStatus};
use auth_domain::ports::{Insertion, PortErrorKind, Replacement, UserRepository};
use auth_testkit::servers::{Database, PostgresServer};
use auth_testkit::{START, a_tenant_id, a_user, request_time_at};

use crate::support::{Store, assert_kind, now, time_of_day};

const README: &str = include_str!("../../README.md");

/// Runs one of the README's blocks of SQL for a role that has its name from the database.
fn grant(behind: &Database<'_>, block: usize) -> String {
    let blocks: Vec<_> =
        README.split("```sql\n").skip(1).map(|text| text.split("```").next().unwrap()).collect();
    let role = format!("auth_{}", behind.name());
    let statements = blocks[block]
        .replace("hooksentry_auth", &role)
        .replace("DATABASE hooksentry", &format!("DATABASE {}", behind.name()));
    let _ = behind.sql(&statements);
    role
}

fn without_rights_for_everybody(behind: &Database<'_>) {
    let name = behind.name();
    let _ = behind
        .sql(&format!("REVOKE ALL ON DATABASE {name} FROM public; REVOKE ALL ON SCHEMA public FROM public"));
}

// S-87
#[tokio::test]
async fn login_and_refresh_need_to_read_and_to_replace_hashes_and_nothing_else() {
    let behind = PostgresServer::shared().database();
    let owner = Store::migrated(&behind).await;
    let _ = behind.sql("DROP TABLE __diesel_schema_migrations");
    let user = owner.inserted().await;
    without_rights_for_everybody(&behind);
    let store = Store::at(&behind.url_of(&grant(&behind, 0)));

    let request_time = request_time_at(START);
    assert_eq!(store.database.migrate(request_time).await.unwrap(), Migrated::OwnedByThePlatform);
    assert!(store.find(&user).await.unwrap());
    assert!(store.users.find_by_email(&user.email, request_time).await.unwrap().is_some());
    assert_eq!(store.users.list(request_time).await.unwrap().users.len(), 1);
    assert!(!store.database.diagnose(request_time).await.unwrap().is_empty());
    store.database.ping(RequestTime::new(time_of_day(), now(), Duration::from_secs(2))).await.unwrap();
    let new = PasswordHash::new("$argon2id$new".to_owned());
    let replaced = store
        .users
        .replace_password_hash(user.id, Some(user.password_hash.clone()), &new, request_time)
        .await;
    assert_eq!(replaced.unwrap(), Replacement::Replaced);

    assert_eq!(store.users.default_tenant(a_tenant_id(), request_time).await.unwrap(), user.tenant_id);
    let inserted = store.users.insert(&a_user(user.tenant_id), request_time).await;
    assert_kind(inserted, PortErrorKind::Misconfigured);
    let set = store.users.set_status(user.id, UserStatus::Inactive, request_time).await;
    let text = assert_kind(set, PortErrorKind::Misconfigured);
    assert!(text.contains("permission denied for table users"), "{text}");
    for statement in
        ["UPDATE users SET role = 10", "DELETE FROM users", "CREATE TABLE mine (id int)", "TRUNCATE users"]
    {
        let rejected = format!("SET ROLE auth_{}; {statement}", behind.name());
        assert!(std::panic::catch_unwind(|| behind.sql(&rejected)).is_err(), "{statement} is allowed");
    }
}

// S-87
#[tokio::test]
async fn administration_needs_to_insert_and_to_set_the_status_as_well() {
    let behind = PostgresServer::shared().database();
    drop(Store::migrated(&behind).await);
    without_rights_for_everybody(&behind);
    let role = grant(&behind, 0);
    grant(&behind, 1);
    let store = Store::at(&behind.url_of(&role));

    let request_time = request_time_at(START);
    let tenant = store.users.default_tenant(a_tenant_id(), request_time).await.unwrap();
    let user = a_user(tenant);
    assert_eq!(store.users.insert(&user, request_time).await.unwrap(), Insertion::Inserted);
    assert_eq!(store.users.insert(&user, request_time).await.unwrap(), Insertion::EmailTaken);
    assert_eq!(
        store.users.insert(&a_user(a_tenant_id()), request_time).await.unwrap(),
        Insertion::UnknownTenant
    );
    assert!(store.users.set_status(user.id, UserStatus::Inactive, request_time).await.unwrap());

    // Where the tables are ours, the role also reads which migrations there are.
    grant(&behind, 2);
    assert_eq!(store.database.migrate(request_time).await.unwrap(), Migrated::UpToDate { applied: 0 });
}
