//! A database of the release before is migrated when it is opened.

use auth_domain::model::Rotation;
use auth_domain::ports::SessionStore;
use auth_testkit::{RotationAttempt, START, a_session, a_user_id, request_time_at};
use diesel::connection::SimpleConnection;

use crate::support::{Folder, Sessions};

const UNDO: &str = include_str!("../../../../migrations/sqlite/2026-01-04-000000_limit_refreshes/down.sql");
const FORGET: &str = "DELETE FROM __diesel_schema_migrations WHERE version = '20260104000000'";

async fn attempt(sessions: &Sessions, attempt: &RotationAttempt) -> Rotation {
    sessions.store.rotate(&attempt.rotate, request_time_at(START)).await.unwrap()
}

#[tokio::test]
async fn a_session_of_the_release_before_rotates_in_each_mode() {
    for limit in [0, 60] {
        let (folder, session) = (Folder::new(), a_session(a_user_id(), START));
        let first = session.rotation(&session.token, START).keyed("k1");
        let sessions = Sessions::new(&folder.open());
        sessions.open(&session, START).await;
        assert_eq!(attempt(&sessions, &first).await, Rotation::Rotated);
        drop(sessions);
        folder.connect().batch_execute(&format!("{UNDO}\n{FORGET};")).unwrap();

        let sessions = Sessions::new(&folder.open());
        let retry = session.rotation(&session.token, START).keyed("k1").shared().limited(limit, limit);
        assert!(matches!(attempt(&sessions, &retry).await, Rotation::Retried(_)));
        let next = session.rotation(&first.successor, START).shared().limited(limit, limit);
        assert_eq!(attempt(&sessions, &next).await, Rotation::Rotated);
        let again = session.rotation(&first.successor, START).shared().limited(limit, limit);
        assert!(matches!(attempt(&sessions, &again).await, Rotation::Shared { .. }));
    }
}
