//! Rows that contradict themselves are errors.

use auth_adapter_sqlite::SqliteUserRepository;
use auth_domain::model::{EndReason, EndSession, HashFormat, HashUse, PasswordHash};
use auth_domain::ports::{PortErrorKind, SessionStore, UserRepository};
use auth_testkit::{START, a_session, a_tenant_id, a_user, a_user_id, request_time_at};
use diesel::connection::SimpleConnection;

use crate::support::{Folder, Sessions};

#[tokio::test]
async fn an_unknown_role_or_status_is_corrupt() {
    let folder = Folder::new();
    let users = SqliteUserRepository::new(&folder.open());
    let tenant_id = users.default_tenant(a_tenant_id(), request_time_at(START)).await.unwrap();
    let user = a_user(tenant_id);
    users.insert(&user, request_time_at(START)).await.unwrap();

    // The lowest 32 bits of 4294967296 are 0, a developer.
    let other = a_user(tenant_id);
    users.insert(&other, request_time_at(START)).await.unwrap();
    let id = user.id.as_uuid().simple();
    for (change, column) in [
        ("role = 2", "role"),
        ("role = 1, status = 7", "status"),
        ("role = -1, status = 0", "role"),
        ("role = 4294967296", "role"),
        ("role = 0, created_at = 9223372036854775807", "created_at"),
    ] {
        let update = format!("UPDATE users SET {change} WHERE id = x'{id}'");
        folder.connect().batch_execute(&update).unwrap();
        let found = [
            users.find_by_id(user.id, request_time_at(START)).await.map(drop),
            users.find_by_email(&user.email, request_time_at(START)).await.map(drop),
        ];
        for error in found.map(Result::unwrap_err) {
            assert_eq!(error.kind(), PortErrorKind::Corrupt, "{change}");
            let row = error.unreadable_user().unwrap();
            assert_eq!((row.user_id, row.column), (Some(user.id), column), "{change}");
        }
        let listing = users.page(None, 10, request_time_at(START)).await.unwrap();
        assert_eq!(listing.users.iter().map(|user| user.id).collect::<Vec<_>>(), [other.id]);
        let unreadable: Vec<_> = listing.unreadable.iter().map(|row| (row.user_id, row.column)).collect();
        assert_eq!(unreadable, [(Some(user.id), column)]);
    }
}

fn usability(stored: &PasswordHash) -> HashUse {
    let is_argon2id = stored.expose().starts_with("$argon2id$");
    if is_argon2id { HashUse::Verifies(HashFormat::Argon2id) } else { HashUse::Unusable }
}

// S-88, S-94
#[tokio::test]
async fn rows_that_prevent_logins_are_counted_without_names() {
    let folder = Folder::new();
    let database = folder.open();
    let users = SqliteUserRepository::new(&database);
    let tenant_id = users.default_tenant(a_tenant_id(), request_time_at(START)).await.unwrap();
    let changes = [
        "role = 2",
        "status = 7",
        "role = 4294967296, status = -1",
        "email = ' Upper@example.com'",
        "email = 'no email'",
        "password_hash = NULL",
        "created_at = 9223372036854775807",
        "password_hash = 'c2FsdA==:aGFzaA=='",
    ];
    for change in changes {
        let user = a_user(tenant_id);
        users.insert(&user, request_time_at(START)).await.unwrap();
        let id = user.id.as_uuid().simple();
        folder.connect().batch_execute(&format!("UPDATE users SET {change} WHERE id = x'{id}'")).unwrap();
    }
    let checks = database.diagnose_users(usability, request_time_at(START)).await.unwrap();
    let texts: Vec<String> = checks.into_iter().map(|check| check.text).collect();
    for expected in [
        "of 8 users 6 have a hash of Argon2id that verifies, 1 none",
        "1 users have a hash in an unknown format or with parameters out of bounds, and cannot log in",
        "1 users have an email that is not trimmed and in lower case",
        "1 users have an email that the login rejects",
        "2 users have a status that is neither 0 nor 1",
        "2 users have a role that is none of 0, 1, 10, 20",
        "1 users have an id, a tenant or a time that cannot be read",
    ] {
        assert!(texts.iter().any(|text| text.starts_with(expected)), "{expected}: {texts:#?}");
    }
    assert!(texts.iter().all(|text| !text.contains('@')), "{texts:#?}");
}

#[tokio::test]
async fn a_corrupt_session_is_reported_and_not_changed() {
    for change in [
        "ended_at = 1",
        "ended_at = 1, end_reason = 'no_reason'",
        "live_tokens = x'00'",
        "tenant_id = x'0011'",
    ] {
        let folder = Folder::new();
        let sessions = Sessions::new(&folder.open());
        let session = a_session(a_user_id(), START);
        sessions.open(&session, START).await;
        folder.connect().batch_execute(&format!("UPDATE sessions SET {change}")).unwrap();

        let error = sessions.rotate(&session, &session.token, START).await.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Corrupt, "{change}");
        assert_eq!(folder.number("SELECT generation AS number FROM sessions"), 0);
    }
}

#[tokio::test]
async fn a_corrupt_session_fails_end_all_and_nothing_else_ends() {
    let folder = Folder::new();
    let sessions = Sessions::new(&folder.open());
    let user_id = a_user_id();
    let [good, bad] = [a_session(user_id, START), a_session(user_id, START)];
    sessions.open(&good, START).await;
    sessions.open(&bad, START).await;
    let spoil = "UPDATE sessions SET live_tokens = x'00' WHERE id = (SELECT max(id) FROM sessions)";
    folder.connect().batch_execute(spoil).unwrap();

    let all = sessions.store.end_all(user_id, EndReason::Revoked, request_time_at(START)).await;
    assert_eq!(all.unwrap_err().kind(), PortErrorKind::Corrupt);
    let live = "SELECT count(*) AS number FROM sessions WHERE ended_at IS NULL";
    assert_eq!(folder.number(live), 2, "a call is done whole or not at all");

    let end = EndSession { session: good.token.session(), reason: EndReason::Revoked, also_revoke: None };
    sessions.store.end(&end, request_time_at(START)).await.unwrap();
    assert_eq!(folder.number(live), 1);
}
