//! Writes that a replica confirms.

use std::time::Duration;

use auth_adapter_redis::RedisLegacyRefreshTokens;
use auth_domain::model::{EndReason, Ending, LegacyHolder, Rotation};
use auth_domain::ports::{Denylist, LegacyRefreshTokens, PortErrorKind, SessionStore};
use auth_testkit::servers::{ExecutedCommand, Proxy, RedisCluster, RedisServer};
use auth_testkit::{
    START, a_legacy_token, a_tenant_id, a_user_id, an_access_token, holds_within, request_time_at,
};
use futures_util::future::join_all;

use crate::support::{Ports, REVOCATION, allowing, now_and, real_instant};

/// How far the replica is behind.
const LAG: Duration = Duration::from_millis(100);

/// A primary, and one replica that is connected to it through a slow network.
struct Replicated {
    primary: RedisServer,
    replica: RedisServer,
    _network: Proxy,
}

impl Replicated {
    async fn start() -> Self {
        let primary = RedisServer::start_with(&["--repl-diskless-sync-delay", "0"]);
        let network = Proxy::start(primary.port()).await;
        let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", network.port())]);
        let is_connected = || async { primary.cli(&["INFO", "replication"]).contains("state=online") };
        assert!(holds_within(Duration::from_secs(10), is_connected).await, "the replica does not connect");
        network.delay(LAG);
        Self { primary, replica, _network: network }
    }

    /// Kills the primary, and makes the replica one.
    fn fail_over(&self) -> Ports {
        self.primary.kill();
        assert_eq!(self.replica.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
        Ports::on(&self.replica)
    }
}

/// Opens, rotates and ends sessions, and fails over. Returns how many ends and rotations are forgotten.
async fn forgotten(servers: &Replicated, ports: &Ports) -> (usize, usize) {
    let sessions = join_all((0..40).map(|_| ports.opened())).await;
    tokio::time::sleep(2 * LAG).await;
    let tokens = join_all(sessions.iter().map(|session| ports.rotated(session, &session.token))).await;
    let (logged_out, live) = sessions.split_at(20);
    join_all(logged_out.iter().map(|session| async { ports.log_out(session, None).await.unwrap() })).await;
    let ports = servers.fail_over();
    let (mut ends, mut rotations) = (0, 0);
    for session in logged_out {
        ends += usize::from(!ports.is_revoked(session.opening.access_token).await);
    }
    for (session, token) in live.iter().zip(tokens.iter().skip(logged_out.len())) {
        let (rotation, _) = ports.present(session, token, request_time_at(START)).await.unwrap();
        rotations += usize::from(rotation != Rotation::Rotated);
    }
    (ends, rotations)
}

// S-60
#[tokio::test(flavor = "multi_thread")]
async fn failover_forgets_nothing_that_was_confirmed() {
    let servers = Replicated::start().await;
    assert_eq!(forgotten(&servers, &Ports::on(&servers.primary).waiting_for(1)).await, (0, 0));
}

/// Without a replica to wait for, the answers come before the replica has the writes.
#[tokio::test(flavor = "multi_thread")]
async fn failover_forgets_the_last_writes_that_no_replica_confirmed() {
    let servers = Replicated::start().await;
    let (ends, rotations) = forgotten(&servers, &Ports::on(&servers.primary)).await;
    assert!(ends > 0 && rotations > 0, "{ends} ends, {rotations} rotations");
}

#[tokio::test(flavor = "multi_thread")]
async fn write_without_its_replica_has_an_unknown_outcome() {
    let servers = Replicated::start().await;
    let (primary, replica) = (&servers.primary, &servers.replica);
    let ports = Ports::on(primary).waiting_for(1);
    let session = ports.opened().await;
    replica.freeze();
    let attempt = session.rotation(&session.token, START);
    let asked = real_instant();
    let rotated = ports.sessions.rotate(&attempt.rotate, allowing(Duration::from_millis(900))).await;
    let error = rotated.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unanswered);
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(reason.contains("fewer than 1 replicas") && reason.contains("REDIS__WAIT_REPLICAS"), "{reason}");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    // Another instance did not execute the call, and its repeat writes nothing.
    let other = Ports::on(primary).waiting_for(1);
    let ended = ports.sessions.end_all(a_user_id(), EndReason::Revoked, allowing(Duration::from_millis(900)));
    assert_eq!(ended.await.unwrap_err().kind(), PortErrorKind::Unanswered);
    let again = other.sessions.rotate(&attempt.rotate, allowing(Duration::from_millis(900))).await;
    assert_eq!(again.unwrap_err().kind(), PortErrorKind::Unanswered);
    replica.thaw();
    let confirmed = || async {
        let again = other.sessions.rotate(&attempt.rotate, request_time_at(START)).await;
        again.is_ok_and(|rotation| rotation == Rotation::Rotated)
    };
    assert!(holds_within(Duration::from_secs(5), confirmed).await);
}

/// The first call ended the session, and its repeat finds nothing to write.
#[tokio::test(flavor = "multi_thread")]
async fn repeat_that_writes_nothing_is_not_confirmed_without_the_replica() {
    let servers = Replicated::start().await;
    let (primary, replica) = (&servers.primary, &servers.replica);
    let (ports, other) = (Ports::on(primary).waiting_for(1), Ports::on(primary).waiting_for(1));
    let session = ports.opened().await;
    assert_eq!(Ports::on(primary).log_out(&session, None).await.unwrap(), Ending::Ended);
    replica.freeze();
    // Something that the replica does not have.
    assert_eq!(primary.cli(&["SET", "auth:readiness", "1"]), "OK");
    for ports in [&ports, &other] {
        let end =
            ports.denylist.add(session.opening.access_token, allowing(Duration::from_millis(700))).await;
        assert_eq!(end.unwrap_err().kind(), PortErrorKind::Unanswered);
    }
    replica.thaw();
}

/// A full server executes what takes no memory, and rejects the small write of the confirmation. A repeat of the whole call could
/// have another outcome: that of a legacy token that another service consumed would be success.
#[tokio::test(flavor = "multi_thread")]
async fn write_on_a_full_server_is_executed_once_and_confirmed_later() {
    let servers = Replicated::start().await;
    let primary = &servers.primary;
    let ports = Ports::on(primary).waiting_for(1);
    let session = ports.opened().await.token.session();
    let legacy = RedisLegacyRefreshTokens::new(&ports.store, REVOCATION);
    assert_eq!(primary.cli(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
    assert_eq!(primary.cli(&["CONFIG", "RESETSTAT"]), "OK");
    let token = a_legacy_token();
    let release = legacy.release(&token, session, request_time_at(START));
    let make_room = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(primary.cli(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
    };
    let (released, ()) = tokio::join!(release, make_room);
    released.unwrap();
    let commands = primary.cli(&["INFO", "commandstats"]);
    assert!(commands.contains("cmdstat_evalsha:calls=1,"), "{commands}");
}

/// A read behind a `WAIT` would take as long as the replica does.
#[tokio::test(flavor = "multi_thread")]
async fn reads_do_not_wait_for_the_replica() {
    let servers = Replicated::start().await;
    let (primary, replica) = (&servers.primary, &servers.replica);
    let ports = Ports::on(primary).waiting_for(1).connected().await;
    let token = an_access_token(START);
    replica.freeze();
    let writes = join_all((0..8).map(|_| ports.denylist.add(token, allowing(Duration::from_millis(900)))));
    let reads = async {
        for _ in 0..50 {
            let asked = real_instant();
            ports.denylist.contains(token.id, request_time_at(START)).await.unwrap();
            assert!(asked.elapsed() < Duration::from_millis(200), "{:?}", asked.elapsed());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (writes, ()) = tokio::join!(writes, reads);
    assert!(writes.iter().all(Result::is_err));
    replica.thaw();
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writes_share_one_wait() {
    let servers = Replicated::start().await;
    let primary = &servers.primary;
    let ports = Ports::on(primary).waiting_for(1);
    let sessions = join_all((0..64).map(|_| ports.opened())).await;
    let mut monitor = primary.monitor();
    join_all(sessions.iter().map(|session| ports.rotated(session, &session.token))).await;
    let seen = monitor.executed();
    let sent = seen.iter().filter(|seen| !seen.by_script);
    let names: Vec<_> = sent.map(ExecutedCommand::name).collect();
    let count = |name: &str| names.iter().filter(|seen| *seen == name).count();
    assert_eq!(count("EVALSHA"), 64);
    assert!((1..=16).contains(&count("WAIT")), "{} groups", count("WAIT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn instance_without_enough_replicas_is_not_ready() {
    let servers = Replicated::start().await;
    let (primary, replica) = (&servers.primary, &servers.replica);
    let ports = Ports::on(primary).waiting_for(1);
    ports.store.ping(now_and(0)).await.unwrap();
    replica.freeze();
    let error = ports.store.ping(now_and(0)).await.unwrap_err();
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("replicas"), "{error:?}");
    replica.thaw();
    let is_ready = || async { ports.store.ping(now_and(0)).await.is_ok() };
    assert!(holds_within(Duration::from_secs(5), is_ready).await);
    assert!(Ports::on(primary).waiting_for(2).store.ping(now_and(0)).await.is_err());
}

/// The first call has found no token. Its confirmation is repeated, and not the call: a repeat without a reply counts as the call
/// that consumed the token.
#[tokio::test(flavor = "multi_thread")]
async fn confirmed_late_call_keeps_its_first_reply() {
    let servers = Replicated::start().await;
    let ports = Ports::on(&servers.primary).waiting_for(1);
    let legacy = RedisLegacyRefreshTokens::new(&ports.store, REVOCATION);
    let (token, user) = (a_legacy_token(), a_user_id());
    let holder = LegacyHolder { user_id: user, tenant_id: a_tenant_id() };
    assert!(!legacy.consume(&token, holder, request_time_at(START)).await.unwrap());
    servers.replica.freeze();
    let consumed = legacy.consume(&token, holder, request_time_at(START));
    let thaw = async {
        tokio::time::sleep(Duration::from_millis(800)).await;
        servers.replica.thaw();
    };
    let (consumed, ()) = tokio::join!(consumed, thaw);
    assert!(!consumed.unwrap());
}

/// Replication has one order for all slots, so another slot of the same primary confirms the write.
#[tokio::test(flavor = "multi_thread")]
async fn write_in_a_slot_that_moves_is_confirmed() {
    let cluster = RedisCluster::shared();
    let ports = Ports::at(&cluster.url()).waiting_for(1);
    let session = ports.opened().await;
    let user = format!("{{{}}}", session.token.session().user_id);
    // The slot of the session, and that of the first key of the small write on its primary.
    let primary = cluster.primary_of(&user).port();
    let small = (0..).map(|number| format!("auth:readiness:{number}"));
    let small = small.into_iter().find(|key| cluster.primary_of(key).port() == primary).unwrap();
    let slots = [&user, &small].map(|key| cluster.slot_of(key));
    let targets = slots.map(|slot| cluster.begin_move(slot));
    let ended = ports.log_out(&session, None).await;
    for (slot, target) in slots.into_iter().zip(targets) {
        cluster.move_keys(slot, target);
        cluster.finish_move(slot, target);
    }
    assert_eq!(ended.unwrap(), Ending::Ended);
}
