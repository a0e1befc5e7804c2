//! A cluster: keys on several primaries, redirections, slots that move, and failovers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_adapter_redis::{RedisConfig, RedisLegacyRefreshTokens};
use auth_domain::model::{Ending, LegacyHolder, LiveAccessToken, Rotation, TokenId, UserId};
use auth_domain::ports::{
    Denylist, LegacyRefreshTokens, LoginLimiter, PortError, PortErrorKind, SessionStore,
};
use auth_testkit::servers::{Certificates, RedisCluster, RedisServer, SetOptions};
use auth_testkit::{
    START, TestSession, a_legacy_token, a_session, a_tenant_id, a_user_id, an_access_token, holds_within,
    request_time_at,
};
use futures_util::future::join_all;

use crate::support::{Ports, REVOCATION, an_attempt, real_instant};

fn entry(token: TokenId) -> String {
    format!("auth:jwt:revoked:{token}")
}

/// Tokens whose denylist entries are in as many slots, on all primaries.
fn tokens_of_slots(cluster: &RedisCluster, number: usize) -> Vec<LiveAccessToken> {
    let mut slots = std::collections::BTreeSet::new();
    let tokens = std::iter::repeat_with(|| an_access_token(START));
    tokens.filter(|token| slots.insert(cluster.slot_of(&entry(token.id)))).take(number).collect()
}

/// Rejects every error but those that a client may repeat.
fn allowed<T>(outcome: Result<T, PortError>) -> Option<T> {
    match outcome {
        Ok(outcome) => Some(outcome),
        Err(error) if matches!(error.kind(), PortErrorKind::Unavailable | PortErrorKind::Unanswered) => None,
        Err(error) => panic!("{error:?}"),
    }
}

// S-59, S-66
#[tokio::test(flavor = "multi_thread")]
async fn error_of_one_primary_concerns_only_its_tokens() {
    let cluster = RedisCluster::start_with(&SetOptions {
        dead_after: Some(Duration::from_secs(15)),
        ..SetOptions::default()
    });
    let ports = Ports::at(&cluster.url());
    let tokens = tokens_of_slots(&cluster, 64);
    for token in tokens.iter().step_by(2) {
        ports.denylist.add(*token, request_time_at(START)).await.unwrap();
    }
    let check =
        || join_all(tokens.iter().map(|token| ports.denylist.contains(token.id, request_time_at(START))));
    for (index, revoked) in check().await.into_iter().enumerate() {
        assert_eq!(revoked.unwrap(), index.is_multiple_of(2));
    }

    let dead = cluster.primary_of(&entry(tokens[0].id));
    let of_dead: Vec<_> =
        tokens.iter().map(|token| cluster.primary_of(&entry(token.id)).port() == dead.port()).collect();
    dead.freeze();
    for _ in 0..2 {
        let asked = real_instant();
        for (index, (revoked, of_dead)) in check().await.into_iter().zip(&of_dead).enumerate() {
            match revoked {
                Ok(revoked) => assert!(!of_dead && revoked == index.is_multiple_of(2), "{index}"),
                Err(error) => {
                    assert!(*of_dead && error.kind() == PortErrorKind::Unavailable, "{index} {error:?}");
                }
            }
        }
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    }
    dead.thaw();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_primary_of_a_cluster_is_replaced() {
    let cluster = RedisCluster::start();
    let ports = Ports::at(&cluster.url());
    let user = a_user_id();
    let session = ports.opened_by(user).await;
    let key = format!("auth:sessions:{{{user}}}");
    let former = cluster.primary_of(&key);
    // The last write before the failure has reached the replica.
    assert_eq!(former.cli(&["WAIT", "1", "2000"]), "1");
    former.kill();
    let current = std::sync::Mutex::new(session.token.clone());
    let rotates = || async {
        let presented = current.lock().unwrap().clone();
        let asked = real_instant();
        let attempt = session.rotation(&presented, START);
        let rotated = allowed(ports.sessions.rotate(&attempt.rotate, request_time_at(START)).await);
        assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
        rotated.is_some_and(|rotation| rotation == Rotation::Rotated)
    };
    assert!(holds_within(Duration::from_secs(15), rotates).await, "no rotation succeeds");
    cluster.wait_for_another_primary(former);
    assert_ne!(cluster.primary_of(&key).port(), former.port());
    assert!(ports.store.primary_replaced_at(user).is_some());
    former.start_again();
    cluster.wait_until_healthy();

    // While it is alive, on command: the former primary redirects.
    cluster.fail_over(cluster.primary_of(&key));
    let session = ports.opened_by(user).await;
    assert_eq!(ports.log_out(&session, None).await.unwrap(), Ending::Ended);
}

/// Calls while slots move.
#[derive(Default)]
struct Load {
    calls: AtomicUsize,
    ends: AtomicBool,
}

impl Load {
    /// Uses sessions of a user, one after the other.
    async fn run(&self, ports: &Ports, user: UserId) {
        while !self.ends.load(Ordering::Relaxed) {
            self.calls.fetch_add(use_session(ports, user).await, Ordering::Relaxed);
        }
    }

    /// Waits for this many calls more.
    fn wait_for_calls(&self, number: usize) {
        let before = self.calls.load(Ordering::Relaxed);
        let until = real_instant() + Duration::from_secs(10);
        while self.calls.load(Ordering::Relaxed) < before + number {
            assert!(real_instant() < until, "the calls stand still");
            std::thread::yield_now();
        }
    }
}

/// Ends the load when it is dropped, also if the test fails.
struct EndOfLoad(Arc<Load>);

impl Drop for EndOfLoad {
    fn drop(&mut self) {
        self.0.ends.store(true, Ordering::Relaxed);
    }
}

/// Moves the slot of each user to and fro. Meanwhile, rotations of that user wait, and those of other users succeed.
fn move_slots(cluster: &RedisCluster, users: &[UserId], load: Arc<Load>) {
    let EndOfLoad(load) = &EndOfLoad(load);
    for user in users.iter().chain(users) {
        let slot = cluster.slot_of(&format!("{{{user}}}"));
        let target = cluster.begin_move(slot);
        load.wait_for_calls(20);
        cluster.move_keys(slot, target);
        load.wait_for_calls(20);
        cluster.move_keys(slot, target);
        cluster.finish_move(slot, target);
        load.wait_for_calls(20);
    }
}

/// The life of a session. A call without an answer is repeated, as a client does.
async fn use_session(ports: &Ports, user: UserId) -> usize {
    let session = a_session(user, START);
    let mut calls = 0;
    while allowed(ports.sessions.open(&session.opening, request_time_at(START)).await).is_none() {
        calls += 1;
    }
    let mut token = session.token.clone();
    for _ in 0..3 {
        let attempt = session.rotation(&token, START);
        loop {
            calls += 1;
            let rotated = ports.sessions.rotate(&attempt.rotate, request_time_at(START)).await;
            if let Some(rotation) = allowed(rotated) {
                break assert_eq!(rotation, Rotation::Rotated);
            }
        }
        token = attempt.successor;
    }
    while allowed(ports.log_out(&session, None).await).is_none_or(|ending| ending != Ending::Ended) {
        calls += 1;
    }
    assert!(is_revoked(ports, &session).await, "a logout is lost");
    calls
}

async fn is_revoked(ports: &Ports, session: &TestSession) -> bool {
    loop {
        let token = session.opening.access_token.id;
        if let Some(revoked) = allowed(ports.denylist.contains(token, request_time_at(START)).await) {
            return revoked;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_that_move_under_load_lose_nothing() {
    let cluster = RedisCluster::shared();
    let ports = Ports::at(&cluster.url());
    let users: Vec<_> = std::iter::repeat_with(a_user_id).take(4).collect();
    let load = Arc::new(Load::default());
    let moving = (users.clone(), Arc::clone(&load));
    let moving = tokio::task::spawn_blocking(move || move_slots(cluster, &moving.0, moving.1));
    let (_, moved) = tokio::join!(join_all(users.iter().map(|user| load.run(&ports, *user))), moving);
    moved.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_moving_slot_are_found_on_both_sides() {
    let cluster = RedisCluster::shared();
    let ports = Ports::at(&cluster.url());
    let (stays, moves) = (an_access_token(START), an_access_token(START));
    ports.denylist.add(stays, request_time_at(START)).await.unwrap();
    let slot = cluster.slot_of(&entry(moves.id));
    let target = cluster.begin_move(slot);
    // The owner does not have the entry, and redirects to the node that imports the slot.
    assert!(!ports.is_revoked(moves).await);
    ports.denylist.add(moves, request_time_at(START)).await.unwrap();
    assert!(ports.is_revoked(moves).await && ports.is_revoked(stays).await);
    cluster.finish_move(slot, target);
    // The view of this process is older than the move.
    assert!(ports.is_revoked(moves).await);
    let other = Ports::at(&cluster.url());
    assert!(other.is_revoked(moves).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_tokens_work_on_keys_of_several_slots() {
    let cluster = RedisCluster::shared();
    let ports = Ports::at(&cluster.url());
    let tokens = RedisLegacyRefreshTokens::new(&ports.store, REVOCATION);
    for _ in 0..6 {
        let token = a_legacy_token();
        let holder = LegacyHolder { user_id: a_user_id(), tenant_id: a_tenant_id() };
        let key = format!("auth:refresh:{}", token.expose());
        let value = format!("{}|{}", holder.user_id, holder.tenant_id);
        assert_eq!(cluster.primary_of(&key).cli(&["SET", &key, &value, "EX", "604800"]), "OK");
        assert_eq!(tokens.find(&token, request_time_at(START)).await.unwrap(), Some(holder));
        let revoked = an_access_token(START);
        let ended = tokens.end(&token, holder.user_id, revoked, request_time_at(START)).await.unwrap();
        assert_eq!(ended, Ending::Ended);
        assert_eq!(tokens.find(&token, request_time_at(START)).await.unwrap(), None);
        assert!(ports.is_revoked(revoked).await);
    }
}

// S-86, S-87
#[tokio::test(flavor = "multi_thread")]
async fn cluster_with_tls_and_users_is_used() {
    let certificates = Certificates::with_address();
    let options = SetOptions { certificates: Some(&certificates), users: true, ..SetOptions::default() };
    let cluster = RedisCluster::start_with(&options);
    let mut config = RedisConfig::new(cluster.url());
    config.ca_file = Some(certificates.authority());
    let ports = Ports::with(&config);
    for _ in 0..6 {
        let session = ports.opened().await;
        ports.rotated(&session, &session.token).await;
    }
    ports.limiter.reserve(&an_attempt(), request_time_at(START)).await.unwrap();
    assert_eq!(ports.store.topology().primaries.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn single_server_under_a_cluster_url_is_a_misconfiguration() {
    let server = RedisServer::start();
    let ports = Ports::at(&format!("redis-cluster://127.0.0.1:{}", server.port()));
    let rejected = ports.denylist.contains(an_access_token(START).id, request_time_at(START)).await;
    assert_eq!(rejected.unwrap_err().kind(), PortErrorKind::Misconfigured);
}
