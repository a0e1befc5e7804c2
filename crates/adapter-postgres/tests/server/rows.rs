//! Rows that contradict themselves, and texts that are nobody's.

use auth_domain::model::{Email, User};
use auth_domain::ports::{PortErrorKind, UserRepository};
use auth_testkit::servers::PostgresServer;
use auth_testkit::{START, a_user, an_email, request_time_at};

use crate::support::{Store, assert_kind};

#[tokio::test]
async fn an_unknown_role_or_status_is_corrupt() {
    let behind = PostgresServer::shared().database();
    let store = Store::migrated(&behind).await;
    let user = store.inserted().await;
    let other = store.inserted().await;
    // The platform may have made its columns nullable.
    let _ = behind.sql(
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
        let _ = behind.sql(&format!("UPDATE users SET {change} WHERE id = '{}'", user.id));
        let found = [
            store.users.find_by_id(user.id, request_time_at(START)).await,
            store.users.find_by_email(&user.email, request_time_at(START)).await,
        ];
        for error in found.map(Result::unwrap_err) {
            assert_eq!(error.kind(), PortErrorKind::Corrupt, "{change}");
            let row = error.unreadable_user().unwrap();
            assert_eq!((row.user_id, row.column), (Some(user.id), column), "{change}");
        }
        let listing = store.users.list(request_time_at(START)).await.unwrap();
        assert_eq!(listing.users.iter().map(|user| user.id).collect::<Vec<_>>(), [other.id]);
        let unreadable: Vec<_> = listing.unreadable.iter().map(|row| (row.user_id, row.column)).collect();
        assert_eq!(unreadable, [(Some(user.id), column)]);
    }
    let _ = behind.sql(&format!(
        "UPDATE users SET created_at = now(), tenant_id = '{}' WHERE id = '{}'",
        other.tenant_id, user.id
    ));
    assert!(store.find(&user).await.unwrap());
}

// S-80
#[tokio::test]
async fn whatever_an_email_contains_it_is_only_compared() {
    let behind = PostgresServer::shared().database();
    let store = Store::migrated(&behind).await;
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
async fn no_reason_quotes_an_email_or_a_hash_whatever_the_server_says() {
    let behind = PostgresServer::shared().database();
    let store = Store::migrated(&behind).await;
    let user = store.inserted().await;
    let _ = behind.sql(
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'no: % %', NEW.email, NEW.password_hash USING DETAIL = NEW.email; END $$;
         CREATE TRIGGER tell BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION tell()",
    );
    let mut new = a_user(user.tenant_id);
    let text =
        assert_kind(store.users.insert(&new, request_time_at(START)).await, PortErrorKind::Unavailable);
    assert!(text.contains("no: [..] [..]"), "{text}");

    let _ = behind
        .sql("DROP TRIGGER tell ON users; ALTER TABLE users ADD CONSTRAINT no_more CHECK (false) NOT VALID");
    let text = assert_kind(store.users.insert(&new, request_time_at(START)).await, PortErrorKind::Corrupt);
    assert_eq!(text, "the check no_more of the database does not allow it");

    let _ = behind.sql("ALTER TABLE users DROP CONSTRAINT no_more");
    // Another row with the same id: the constraint is not the one on emails.
    (new.id, new.email) = (user.id, an_email());
    let text =
        assert_kind(store.users.insert(&new, request_time_at(START)).await, PortErrorKind::Misconfigured);
    assert_eq!(text, "the constraint users_pkey of the database does not allow it");
}
