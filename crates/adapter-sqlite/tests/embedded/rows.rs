//! Rows that contradict themselves are said to, never guessed at.

use auth_adapter_sqlite::SqliteUserRepository;
use auth_domain::model::EndReason;
use auth_domain::ports::{EndSession, PortErrorKind, SessionStore, UserRepository};
use auth_testkit::{START, a_session, a_tenant_id, a_user, a_user_id, timing_at};
use diesel::connection::SimpleConnection;

use crate::support::{Folder, Sessions};

#[tokio::test]
async fn an_unknown_role_or_status_is_corrupt() {
    let folder = Folder::new();
    let users = SqliteUserRepository::new(&folder.open());
    let tenant_id = users.default_tenant(a_tenant_id(), timing_at(START)).await.unwrap();
    let user = a_user(tenant_id);
    users.insert(&user, timing_at(START)).await.unwrap();

    // The last one is 0, a developer, in its lowest 32 bits.
    for change in ["role = 2", "role = 1, status = 7", "role = -1, status = 0", "role = 4294967296"] {
        folder.connect().batch_execute(&format!("UPDATE users SET {change}")).unwrap();
        let found = [
            users.find_by_id(user.id, timing_at(START)).await.map(drop),
            users.find_by_email(&user.email, timing_at(START)).await.map(drop),
            users.list(timing_at(START)).await.map(drop),
        ];
        for error in found.map(Result::unwrap_err) {
            assert_eq!(error.kind(), PortErrorKind::Corrupt, "{change}");
        }
    }
}

#[tokio::test]
async fn a_session_that_contradicts_itself_is_corrupt_and_stays_as_it_is() {
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
async fn one_bad_session_fails_the_call_that_would_end_it_with_all_others() {
    let folder = Folder::new();
    let sessions = Sessions::new(&folder.open());
    let user_id = a_user_id();
    let [good, bad] = [a_session(user_id, START), a_session(user_id, START)];
    sessions.open(&good, START).await;
    sessions.open(&bad, START).await;
    let spoil = "UPDATE sessions SET live_tokens = x'00' WHERE id = (SELECT max(id) FROM sessions)";
    folder.connect().batch_execute(spoil).unwrap();

    let all = sessions.store.end_all(user_id, EndReason::Revoked, timing_at(START)).await;
    assert_eq!(all.unwrap_err().kind(), PortErrorKind::Corrupt);
    let live = "SELECT count(*) AS number FROM sessions WHERE ended_at IS NULL";
    assert_eq!(folder.number(live), 2, "a call is done whole or not at all");

    let end = EndSession { session: good.token.session(), reason: EndReason::Revoked, also_revoke: None };
    sessions.store.end(&end, timing_at(START)).await.unwrap();
    assert_eq!(folder.number(live), 1);
}
