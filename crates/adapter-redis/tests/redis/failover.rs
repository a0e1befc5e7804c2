//! Failovers of a real set: a primary, two replicas and three sentinels.

use std::time::{Duration, Instant};

use auth_adapter_redis::{CachingDenylist, RedisConfig};
use auth_domain::model::LiveAccessToken;
use auth_domain::ports::{Denylist, PortErrorKind, Severity};
use auth_testkit::servers::{Certificates, RedisServer, SentinelSet, SetOptions};
use auth_testkit::{START, an_access_token, holds_within, request_time_at};

use crate::support::{Ports, REVOCATION, now_and, real_instant};

/// The time within which writes succeed after a failure, with a second until a server counts as dead.
const RECOVERY: Duration = Duration::from_secs(15);

/// Writes until a write succeeds; returns how long that took.
async fn write_again(ports: &Ports, since: Instant) -> (Duration, LiveAccessToken) {
    let token = an_access_token(START);
    let writes = || async {
        let asked = real_instant();
        let written = ports.denylist.add(token, request_time_at(START)).await;
        assert!(asked.elapsed() < Duration::from_secs(6), "a call took {:?}", asked.elapsed());
        match written {
            Ok(()) => true,
            Err(error) => {
                let kind = error.kind();
                assert!(matches!(kind, PortErrorKind::Unavailable | PortErrorKind::Unanswered), "{error:?}");
                false
            }
        }
    };
    assert!(holds_within(RECOVERY, writes).await, "no write succeeds");
    (since.elapsed(), token)
}

fn has(server: &RedisServer, token: LiveAccessToken) -> bool {
    server.cli(&["EXISTS", &format!("auth:jwt:revoked:{}", token.id)]) == "1"
}

#[tokio::test(flavor = "multi_thread")]
async fn failover_on_command_is_followed_within_a_second() {
    let set = SentinelSet::start();
    let ports = Ports::at(&set.url());
    let caching = CachingDenylist::start(&ports.store, REVOCATION);
    let is_trusted = || async { caching.state().is_trusted };
    assert!(holds_within(Duration::from_secs(5), is_trusted).await, "the cache is not in use");
    let session = ports.opened().await;
    let token = ports.rotated(&session, &session.token).await;
    let former = set.primary();
    set.fail_over();
    // Until then, the former primary is alive and accepts writes.
    let new = format!("127.0.0.1:{}", set.primary().port());
    let is_followed =
        || async { ports.store.topology().primaries.iter().all(|primary| primary.address == new) };
    assert!(holds_within(Duration::from_secs(1), is_followed).await, "the failover is not followed");
    let (_, revoked) = write_again(&ports, real_instant()).await;
    assert!(has(set.primary(), revoked) && set.primary().port() != former.port());
    // The last writes were replicated, because the former primary was alive.
    ports.rotated(&session, &token).await;
    ports.store.ping(now_and(0)).await.unwrap();
    assert!(ports.store.primary_replaced_at(session.token.session().user_id).is_some());
    // The cache is trusted again, and knows what was revoked meanwhile.
    assert!(holds_within(Duration::from_secs(8), is_trusted).await, "the cache is not in use again");
    assert!(caching.contains(revoked.id, request_time_at(START)).await.unwrap());

    // A dead and a frozen sentinel: the third one is enough for the first contact.
    set.sentinels()[0].kill();
    set.sentinels()[1].freeze();
    let asked = real_instant();
    let other = Ports::at(&set.url());
    assert!(other.is_revoked(revoked).await);
    assert!(asked.elapsed() < Duration::from_millis(1_500), "{:?}", asked.elapsed());
    set.sentinels()[1].thaw();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_primary_is_replaced() {
    let set = SentinelSet::start();
    let ports = Ports::at(&set.url());
    ports.opened().await;
    let former = set.primary();
    former.kill();
    let (after, revoked) = write_again(&ports, real_instant()).await;
    set.wait_for_another_primary(former);
    assert!(has(set.primary(), revoked), "after {after:?}");
    // It comes back as a second primary for a while.
    former.start_again();
    for _ in 0..10 {
        let (_, revoked) = write_again(&ports, real_instant()).await;
        assert!(has(set.primary(), revoked), "a stale primary was written to");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frozen_primary_is_replaced_and_never_used_again() {
    let set = SentinelSet::start();
    let ports = Ports::at(&set.url());
    ports.opened().await;
    let former = set.primary();
    former.freeze();
    let (_, revoked) = write_again(&ports, real_instant()).await;
    set.wait_for_another_primary(former);
    assert!(has(set.primary(), revoked));
    former.thaw();
    for _ in 0..10 {
        let (_, revoked) = write_again(&ports, real_instant()).await;
        assert!(has(set.primary(), revoked), "a stale primary was written to");
    }
}

// S-86, S-87
#[tokio::test(flavor = "multi_thread")]
async fn sentinels_and_servers_with_tls_and_users_are_used() {
    let certificates = Certificates::with_address();
    let options = SetOptions {
        certificates: Some(&certificates),
        users: true,
        dead_after: Some(Duration::from_secs(15)),
        ..SetOptions::default()
    };
    let set = SentinelSet::start_with(&options);
    let mut config = RedisConfig::new(set.url());
    config.ca_file = Some(certificates.authority());
    let ports = Ports::with(&config);
    let session = ports.opened().await;
    ports.rotated(&session, &session.token).await;
    assert_eq!(CachingDenylist::diagnose(&ports.store).await.severity, Severity::Ok);

    let mut wrong = RedisConfig::new(set.url().replace("sentinel_password=", "sentinel_password=x"));
    wrong.ca_file = Some(certificates.authority());
    let rejected =
        Ports::with(&wrong).denylist.contains(an_access_token(START).id, now_and(0)).await.unwrap_err();
    assert_eq!(rejected.kind(), PortErrorKind::Misconfigured);
    let untrusted = Ports::at(&set.url()).denylist.contains(an_access_token(START).id, now_and(0)).await;
    assert_eq!(untrusted.unwrap_err().kind(), PortErrorKind::Misconfigured);
}
