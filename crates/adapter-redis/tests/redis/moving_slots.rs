//! Calls on a slot of a cluster of which only some keys have moved to another primary yet.

use std::time::Duration;

use auth_domain::model::{EndReason, Rotation, UserId};
use auth_domain::ports::{PortError, PortErrorKind, SessionStore};
use auth_testkit::servers::{RedisCluster, RedisServer};
use auth_testkit::{START, TestSession, a_user_id, request_time_at};
use uuid::Uuid;

use crate::stored_limits::hex_of;
use crate::support::{Ports, allowing, now_and};

/// The time of a call that must not wait until the end of a move.
const SHORT: Duration = Duration::from_millis(300);

/// A user with sessions, whose slot moves.
struct Moving {
    cluster: &'static RedisCluster,
    ports: Ports,
    user: UserId,
    sessions: Vec<TestSession>,
    slot: u16,
    target: &'static RedisServer,
}

impl Moving {
    /// Moves the ids of the sessions, and no session.
    async fn begin_with_ids() -> Self {
        let moving = Self::begin().await;
        moving.move_keys(&["auth:sessions:{}", "auth:legacy-refused:{}"]);
        moving
    }

    async fn begin() -> Self {
        let cluster = RedisCluster::shared();
        let (ports, user) = (Ports::at(&cluster.url()), a_user_id());
        // Writes the mark that rejects legacy tokens.
        ports.sessions.end_all(user, EndReason::Revoked, request_time_at(START)).await.unwrap();
        let mut sessions = Vec::new();
        for _ in 0..3 {
            sessions.push(ports.opened_by(user).await);
        }
        let slot = cluster.slot_of(&format!("{{{user}}}"));
        let target = cluster.begin_move(slot);
        // A script reads them in this order.
        sessions.sort_by_key(|session| session.token.session().session_id.to_string());
        Self { cluster, ports, user, sessions, slot, target }
    }

    /// Moves the record and the refresh token of a session.
    fn move_session(&self, session: &TestSession) {
        let token = &session.opening.refresh_token;
        let (id, token) = (token.session.session_id, hex_of(&token.value));
        self.move_keys(&[&format!("auth:session:{{}}:{id}"), &format!("auth:refresh:{{}}:{token}")]);
    }

    fn move_keys(&self, names: &[&str]) {
        let names: Vec<_> =
            names.iter().map(|name| name.replace("{}", &format!("{{{}}}", self.user))).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        self.cluster.move_some_keys(self.slot, self.target, &names);
    }

    fn finish(&self) {
        self.cluster.move_keys(self.slot, self.target);
        self.cluster.finish_move(self.slot, self.target);
    }

    async fn end_all(&self, time: Duration) -> Result<usize, PortError> {
        self.ports.sessions.end_all(self.user, EndReason::Revoked, allowing(time)).await
    }

    async fn listed(&self, time: Duration) -> Result<usize, PortError> {
        Ok(self.ports.sessions.list(self.user, allowing(time)).await?.len())
    }
}

fn assert_waits<T: std::fmt::Debug>(outcome: Result<T, PortError>) {
    assert_eq!(outcome.unwrap_err().kind(), PortErrorKind::Unavailable);
}

// S-28
#[tokio::test(flavor = "multi_thread")]
async fn end_of_all_sessions_waits_for_records_that_have_not_moved() {
    let moving = Moving::begin_with_ids().await;
    assert_waits(moving.listed(SHORT).await);
    assert_waits(moving.end_all(SHORT).await);
    let finishing = async { tokio::task::block_in_place(|| moving.finish()) };
    let (ended, ()) = tokio::join!(moving.end_all(Duration::from_secs(5)), finishing);
    assert_eq!(ended.unwrap(), 3);
    for session in &moving.sessions {
        let presented = moving.ports.present(session, &session.token, request_time_at(START)).await;
        assert!(matches!(presented.unwrap().0, Rotation::Ended { .. }), "a session is alive");
        assert!(moving.ports.is_revoked(session.opening.access_token).await);
    }
    assert_eq!(moving.listed(SHORT).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn end_of_all_sessions_counts_those_that_have_moved_before() {
    let moving = Moving::begin().await;
    moving.move_session(&moving.sessions[2]);
    assert_waits(moving.end_all(SHORT).await);
    moving.finish();
    assert_eq!(moving.end_all(Duration::from_secs(5)).await.unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_login_forgets_no_session_that_has_not_moved() {
    let moving = Moving::begin_with_ids().await;
    let mut opening = moving.sessions[2].opening.clone();
    moving.move_session(&moving.sessions[2]);
    opening.max_sessions = 3;
    let repeated = moving.ports.sessions.open(&opening, allowing(SHORT)).await;
    assert_waits(repeated);
    moving.finish();
    moving.ports.sessions.open(&opening, request_time_at(START)).await.unwrap();
    assert_eq!(moving.listed(Duration::from_secs(5)).await.unwrap(), 3);
}

// S-88
#[tokio::test(flavor = "multi_thread")]
async fn readiness_stays_green_while_any_slot_moves() {
    let cluster = RedisCluster::shared();
    // Of the login limits, of the user whose rights are checked, and those that readiness writes first.
    let user = format!("{{{}}}", UserId::from_uuid(Uuid::nil()));
    let mut keys = vec!["{login}".to_owned(), user];
    keys.extend((0..3).map(|number| format!("auth:readiness:{number}")));
    for replicas in [0, 1] {
        for key in &keys {
            let ports = Ports::at(&cluster.url()).waiting_for(replicas);
            let slot = cluster.slot_of(key);
            let target = cluster.begin_move(slot);
            let before = ports.store.ping(now_and(0)).await;
            cluster.move_keys(slot, target);
            let moved = ports.store.ping(now_and(0)).await;
            cluster.finish_move(slot, target);
            let after = ports.store.ping(now_and(0)).await;
            for (when, outcome) in [("begun", before), ("moved", moved), ("finished", after)] {
                outcome.unwrap_or_else(|error| panic!("{key}, {when}, {replicas}: {error:?}"));
            }
        }
    }
}

/// The owner answers ASK, and the importing node TRYAGAIN because the successor does not exist yet.
#[tokio::test(flavor = "multi_thread")]
async fn rotation_of_moved_keys_waits_for_the_end_of_the_move() {
    let moving = Moving::begin().await;
    moving.cluster.move_keys(moving.slot, moving.target);
    let session = &moving.sessions[0];
    let rotated = moving.ports.present(session, &session.token, request_time_at(START));
    let finish = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        tokio::task::block_in_place(|| moving.finish());
    };
    let (rotated, ()) = tokio::join!(rotated, finish);
    assert_eq!(rotated.unwrap().0, Rotation::Rotated);
}
