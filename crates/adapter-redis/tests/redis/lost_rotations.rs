//! Reuse after a failover, which may have lost the rotation that issued the token.

use std::time::Duration;

use auth_adapter_redis::RedisConfig;
use auth_domain::model::{RefreshToken, Rotation};
use auth_domain::ports::{Clock, SessionStore, random_bytes};
use auth_testkit::servers::SentinelSet;
use auth_testkit::{TestClock, TestEntropy, TestSession, a_session, a_user_id, request_time_at};
use time::OffsetDateTime;
use tokio::time::sleep;

use crate::support::Ports;

const SECOND: Duration = Duration::from_secs(1);

async fn opened(ports: &Ports, now: OffsetDateTime) -> TestSession {
    let session = a_session(a_user_id(), now);
    ports.sessions.open(&session.opening, request_time_at(now)).await.unwrap();
    session
}

async fn rotated(ports: &Ports, session: &TestSession, token: &RefreshToken, now: OffsetDateTime) {
    let (rotation, _) = ports.present(session, token, request_time_at(now)).await.unwrap();
    assert_eq!(rotation, Rotation::Rotated);
}

/// Presents a token of the session that the store does not know, as after a lost rotation. Returns whether the rotation may be lost.
async fn presented_unknown(ports: &Ports, session: &TestSession, now: OffsetDateTime) -> bool {
    let unknown = session.token.successor(&random_bytes(&TestEntropy).unwrap());
    may_be_lost(ports, session, &unknown, now).await
}

/// Presents a token that counts as reused.
async fn may_be_lost(
    ports: &Ports,
    session: &TestSession,
    token: &RefreshToken,
    now: OffsetDateTime,
) -> bool {
    match ports.present(session, token, request_time_at(now)).await.unwrap().0 {
        Rotation::ReuseDetected { rotation_may_be_lost, .. } => rotation_may_be_lost,
        other => panic!("{other:?}"),
    }
}

// S-48
#[tokio::test(flavor = "multi_thread")]
async fn reuse_after_a_failover_may_be_a_lost_rotation() {
    let set = SentinelSet::start();
    let clock = TestClock::of_this_machine();
    let ports = Ports::with_clock(clock.clone(), &RedisConfig::new(set.url()));
    let before = clock.now();
    let unaffected = opened(&ports, before).await;
    assert!(!presented_unknown(&ports, &unaffected, before).await, "no primary was replaced");
    let (not_rotated, rotated_before) = (opened(&ports, before).await, opened(&ports, before).await);
    rotated(&ports, &rotated_before, &rotated_before.token, before).await;
    let rotated_after = opened(&ports, before).await;
    let stolen = opened(&ports, before).await;
    rotated(&ports, &stolen, &stolen.token, before).await;

    set.fail_over();
    let user = not_rotated.token.session().user_id;
    for _ in 0..100 {
        if ports.store.primary_replaced_at(user).is_some() {
            break;
        }
        sleep(SECOND / 10).await;
    }
    let after = ports.store.primary_replaced_at(user).unwrap() + SECOND;

    rotated(&ports, &rotated_after, &rotated_after.token, after).await;
    assert!(presented_unknown(&ports, &not_rotated, after).await, "its first rotation may be lost");
    assert!(presented_unknown(&ports, &rotated_before, after).await, "its second rotation may be lost");
    assert!(!presented_unknown(&ports, &rotated_after, after).await, "it was rotated since");
    let is_lost = may_be_lost(&ports, &stolen, &stolen.token, after + 60 * SECOND).await;
    assert!(!is_lost, "the rotation that used the token is known");

    clock.advance(3_600 * SECOND);
    assert_eq!(
        ports.store.primary_replaced_at(user),
        None,
        "theft must not pass as an old failover for ever"
    );
}
