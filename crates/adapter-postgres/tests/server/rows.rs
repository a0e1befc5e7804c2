//! Unreadable rows, unusual emails, and error texts.

use auth_domain::model::{Email, User};
use auth_domain::ports::{PortErrorKind, UserRepository};
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, a_user, request_time_at};

use crate::support::{Store, assert_kind};

#[tokio::test]
async fn an_unknown_role_or_status_is_corrupt() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    let other = store.inserted().await;
    // The columns of the platform may be nullable.
    let _ = database.sql(
        "ALTER TABLE users ALTER role DROP NOT NULL, ALTER status DROP NOT NULL,
             ALTER tenant_id DROP NOT NULL, ALTER created_at DROP NOT NULL",
    );
    for (change, column) in [
        ("role = 2", "role"),
        ("role = 1, status = 7", "status"),
        ("role = -1, status = 0", "role"),
        ("role = NULL", "role"),
        ("role = 0, status = NULL", "status"),
        ("status = 0, created_at = NULL", "created_at"),
        ("created_at = 'infinity'", "created_at"),
        ("tenant_id = NULL", "tenant_id"),
    ] {
        let _ = database.sql(&format!("UPDATE users SET {change} WHERE id = '{}'", user.id));
        let found = [
            store.users.find_by_id(user.id, request_time_at(START)).await,
            store.users.find_by_email(&user.email, request_time_at(START)).await,
        ];
        for error in found.map(Result::unwrap_err) {
            assert_eq!(error.kind(), PortErrorKind::Corrupt, "{change}");
            let row = error.unreadable_user().unwrap();
            assert_eq!((row.user_id, row.column), (Some(user.id), column), "{change}");
        }
        let listing = store.users.page(None, 10, request_time_at(START)).await.unwrap();
        assert_eq!(listing.users.iter().map(|user| user.id).collect::<Vec<_>>(), [other.id]);
        let unreadable: Vec<_> = listing.unreadable.iter().map(|row| (row.user_id, row.column)).collect();
        assert_eq!(unreadable, [(Some(user.id), column)]);
    }
    let _ = database.sql(&format!(
        "UPDATE users SET created_at = now(), tenant_id = '{}' WHERE id = '{}'",
        other.tenant_id, user.id
    ));
    assert!(store.find(&user).await.unwrap());
}

// S-80
#[tokio::test]
async fn an_email_is_compared_whatever_it_contains() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    for text in [
        "a\0b@example.com",
        "' OR '1'='1",
        "%",
        "_@example.com",
        "\u{1F600}@example.com",
        "$1",
        "x'; --",
        "\\",
    ] {
        let email = Email::from_trusted(text.to_owned());
        let found: Option<User> = store.users.find_by_email(&email, request_time_at(START)).await.unwrap();
        assert_eq!(found, None, "{text:?}");
    }
    let mut stranger = a_user(user.tenant_id);
    stranger.email = Email::from_trusted("jürgen\u{1F600}' \"@exämple.com".to_owned());
    let _ = store.users.insert(&stranger, request_time_at(START)).await.unwrap();
    let found = store.users.find_by_email(&stranger.email, request_time_at(START)).await.unwrap();
    assert_eq!(found.unwrap().email, stranger.email);
}

// S-83
#[tokio::test]
async fn no_error_quotes_an_email_or_a_hash_of_a_server_message() {
    let database = PostgresServer::shared().database();
    let store = Store::migrated(&database).await;
    let user = store.inserted().await;
    let _ = database.sql(
        "CREATE FUNCTION quote_row() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'no: % %', NEW.email, NEW.password_hash USING DETAIL = NEW.email; END $$;
         CREATE TRIGGER quote_row BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION quote_row()",
    );
    let new = a_user(user.tenant_id);
    let text =
        assert_kind(store.users.insert(&new, request_time_at(START)).await, PortErrorKind::Unavailable);
    assert!(text.contains("no: [..] [..]"), "{text}");

    let _ = database.sql(
        "DROP TRIGGER quote_row ON users; ALTER TABLE users ADD CONSTRAINT no_more CHECK (false) NOT VALID",
    );
    let text = assert_kind(store.users.insert(&new, request_time_at(START)).await, PortErrorKind::Corrupt);
    assert_eq!(text, "the row violates the check constraint no_more");

    let _ = database.sql("ALTER TABLE users DROP CONSTRAINT no_more");
    let _ = database.sql(
        "CREATE TABLE plans (id int PRIMARY KEY); ALTER TABLE users ADD COLUMN plan int REFERENCES plans;
         ALTER TABLE users ALTER COLUMN plan SET DEFAULT 7",
    );
    // The tenant exists: the constraint is another one.
    let text =
        assert_kind(store.users.insert(&new, request_time_at(START)).await, PortErrorKind::Misconfigured);
    assert_eq!(text, "the row violates the constraint users_plan_fkey");
}
