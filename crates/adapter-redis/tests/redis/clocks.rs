//! An instance with a wrong clock: it stores none of its times, and it can still end sessions.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use auth_adapter_redis::{RedisConfig, RedisLegacyRefreshTokens};
use auth_domain::model::{
    ClearedLimit, EndReason, EndSession, LegacyHolder, LiveAccessToken, Reservation, Settlement, Ticket,
};
use auth_domain::ports::{
    Denylist, LegacyRefreshTokens, LoginLimiter, PortError, PortErrorKind, SessionStore,
};
use auth_testkit::servers::RedisServer;
use auth_testkit::{
    DENYLIST_MARGIN, LOGIN_LIMIT, START, TestClock, a_legacy_token, a_session, a_tenant_id, a_user_id,
    an_access_token, request_time_at,
};

use crate::support::{Ports, REVOCATION, an_attempt};

const HOUR: Duration = Duration::from_hours(1);

/// The ports of an instance whose clock is ahead of the server clock.
fn ahead(server: &RedisServer, by: Duration) -> Ports {
    let clock = TestClock::of_this_machine();
    clock.advance(by);
    Ports::with_clock(Arc::clone(&clock), &RedisConfig::new(server.url()))
}

fn assert_clocks_apart<T: std::fmt::Debug>(outcome: Result<T, PortError>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    let text = format!("{error:?}");
    assert!(text.contains("the clock of Redis is") && text.contains("behind ours"), "{text}");
}

// S-88
#[tokio::test(flavor = "multi_thread")]
async fn login_and_refresh_with_a_wrong_clock_change_nothing() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = ports.opened().await;
    let (user, legacy_token) = (a_user_id(), a_legacy_token());
    let holder = LegacyHolder { user_id: user, tenant_id: a_tenant_id() };
    let stored = format!("{user}|{}", holder.tenant_id);
    assert_eq!(server.cli(&["SET", &format!("auth:refresh:{}", legacy_token.expose()), &stored]), "OK");
    let keys = server.cli(&["DBSIZE"]);
    let attempt = an_attempt();
    for by in [HOUR, Duration::from_secs(3)] {
        let (wrong, now) = (ahead(&server, by), START + by);
        assert_clocks_apart(wrong.limiter.reserve(&attempt, request_time_at(now)).await);
        let opening = a_session(user, now);
        assert_clocks_apart(wrong.sessions.open(&opening.opening, request_time_at(now)).await);
        let rotation = session.rotation(&session.token, now);
        assert_clocks_apart(wrong.sessions.rotate(&rotation.rotate, request_time_at(now)).await);
        let legacy = RedisLegacyRefreshTokens::new(&wrong.store, REVOCATION);
        assert_clocks_apart(legacy.consume(&legacy_token, holder, request_time_at(now)).await);
    }
    assert_eq!(server.cli(&["DBSIZE"]), keys);

    ports.rotated(&session, &session.token).await;
    for _ in 0..LOGIN_LIMIT {
        let reserved = ports.limiter.reserve(&an_attempt(), request_time_at(START)).await.unwrap();
        assert!(matches!(reserved, Reservation::Reserved(_)), "{reserved:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clock_skew_below_two_seconds_is_accepted() {
    let server = RedisServer::start();
    let ports = ahead(&server, Duration::from_millis(1_500));
    let session = ports.opened().await;
    ports.rotated(&session, &session.token).await;
}

// S-36
#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_accepted_while_the_clock_is_behind() {
    let server = RedisServer::start();
    let clock = TestClock::of_this_machine();
    let ports = Ports::with_clock(Arc::clone(&clock), &RedisConfig::new(server.url()));
    let (accepted, revoked) = (an_access_token(START), an_access_token(START));
    let contains =
        async |token: LiveAccessToken| ports.denylist.contains(token.id, request_time_at(START)).await;
    ports.denylist.add(revoked, request_time_at(START)).await.unwrap();
    assert!(!contains(accepted).await.unwrap());
    clock.set_back(HOUR);
    let error = contains(accepted).await.unwrap_err();
    let text = error.source().unwrap().to_string();
    assert!(error.kind() == PortErrorKind::Unavailable && text.contains("s ahead of ours"), "{text}");
    assert!(contains(revoked).await.unwrap(), "a revoked token is rejected at any clock");
    // It rejects tokens as expired too early, which is no reason for an outage.
    clock.advance(2 * HOUR);
    assert!(!contains(accepted).await.unwrap());
    clock.set_back(HOUR);
    assert!(!contains(accepted).await.unwrap());
}

/// The denylist entry lives as long as the token by the other clocks.
fn assert_revoked_until_its_end(server: &RedisServer, token: LiveAccessToken, how: &str) {
    let life = server.cli(&["PTTL", &format!("auth:jwt:revoked:{}", token.id)]).parse::<u64>().unwrap_or(0);
    let expected = u64::try_from((token.expires_at - START).whole_milliseconds()).unwrap()
        + u64::try_from(DENYLIST_MARGIN.as_millis()).unwrap();
    assert!((expected - 10_000..=expected + 3_000).contains(&life), "{how}: {life} of {expected} ms");
}

// S-61
#[tokio::test(flavor = "multi_thread")]
async fn logout_with_a_wrong_clock_revokes_until_the_tokens_expire() {
    let server = RedisServer::start();
    let (ports, wrong) = (Ports::on(&server), ahead(&server, HOUR));
    let now = || request_time_at(START + HOUR);
    let (logged_out, deactivated) = (ports.opened().await, ports.opened().await);
    let (presented, added, with_legacy) =
        (an_access_token(START), an_access_token(START), an_access_token(START));

    let end = EndSession {
        session: logged_out.token.session(),
        reason: EndReason::LoggedOut,
        also_revoke: Some(presented),
    };
    wrong.sessions.end(&end, now()).await.unwrap();
    let user = deactivated.token.session().user_id;
    assert_eq!(wrong.sessions.list(user, now()).await.unwrap().len(), 1);
    assert_eq!(wrong.sessions.end_all(user, EndReason::Revoked, now()).await.unwrap(), 1);
    wrong.denylist.add(added, now()).await.unwrap();
    let legacy_token = a_legacy_token();
    let stored = format!("{user}|{user}");
    assert_eq!(server.cli(&["SET", &format!("auth:refresh:{}", legacy_token.expose()), &stored]), "OK");
    let legacy = RedisLegacyRefreshTokens::new(&wrong.store, REVOCATION);
    legacy.end(&legacy_token, user, with_legacy, now()).await.unwrap();

    for (token, how) in [
        (logged_out.opening.access_token, "ended"),
        (presented, "presented"),
        (deactivated.opening.access_token, "end_all"),
        (added, "added"),
        (with_legacy, "legacy"),
    ] {
        assert_revoked_until_its_end(&server, token, how);
    }
}

/// The clock jumps while the attempt is in flight.
#[tokio::test(flavor = "multi_thread")]
async fn settlement_with_a_wrong_clock_keeps_attempts_in_flight() {
    let server = RedisServer::start();
    let (ports, wrong) = (Ports::on(&server), ahead(&server, HOUR));
    let attempt = an_attempt();
    let in_flight = an_attempt_on(attempt);
    for attempt in [attempt, in_flight] {
        ports.limiter.reserve(&attempt, request_time_at(START)).await.unwrap();
    }
    let ticket = Ticket { attempt, is_known: false };
    wrong.limiter.settle(&ticket, Settlement::Succeeded, request_time_at(START + HOUR)).await.unwrap();
    assert_eq!(server.cli(&["DBSIZE"]), "1", "the attempt in flight was removed");
    wrong.limiter.clear(ClearedLimit::Email(attempt.email), request_time_at(START + HOUR)).await.unwrap();
    assert_eq!(server.cli(&["DBSIZE"]), "1", "the attempt in flight was cleared");
}

/// Another attempt on the same email.
fn an_attempt_on(other: auth_domain::model::LoginAttempt) -> auth_domain::model::LoginAttempt {
    auth_domain::model::LoginAttempt { email: other.email, ..an_attempt() }
}
