//! A command that a frozen server executes after its deadline changes nothing.

use std::time::Duration;

use auth_domain::model::{Reservation, Settlement, Ticket};
use auth_domain::ports::{Denylist, LoginLimiter, PortErrorKind, SessionStore};
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, a_session, a_user_id, an_access_token, holds_within, request_time_at};

use crate::support::{Ports, allowing, an_attempt};

const SHORT: Duration = Duration::from_millis(300);

/// Thaws the server, and waits until it has executed the commands in its sockets. The call that it waits with stores nothing.
async fn thaw(server: &RedisServer, ports: &Ports) {
    server.thaw();
    let token = an_access_token(START);
    let answers = || async { ports.denylist.contains(token.id, request_time_at(START)).await.is_ok() };
    assert!(holds_within(Duration::from_secs(2), answers).await, "no recovery within two seconds");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn call_executed_after_its_deadline_changes_nothing() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = ports.opened().await;
    let ended = ports.opened().await;
    let (attempt, revoked, user) = (an_attempt(), an_access_token(START), a_user_id());
    // Both connections are open, so that the commands reach the frozen server.
    ports.denylist.contains(revoked.id, request_time_at(START)).await.unwrap();
    let before = server.cli(&["DBSIZE"]);

    server.freeze();
    let late = allowing(SHORT);
    let rotation = session.rotation(&session.token, START);
    let opening = a_session(user, START);
    let end = auth_domain::model::EndSession {
        session: ended.token.session(),
        reason: auth_domain::model::EndReason::LoggedOut,
        also_revoke: Some(revoked),
    };
    let (rotate, open, end, reserve, add) = tokio::join!(
        ports.sessions.rotate(&rotation.rotate, late),
        ports.sessions.open(&opening.opening, late),
        ports.sessions.end(&end, late),
        ports.limiter.reserve(&attempt, late),
        ports.denylist.add(revoked, late),
    );
    let errors = [rotate.map(drop), open, end.map(drop), reserve.map(drop), add]
        .map(|result| result.unwrap_err().kind());
    assert_eq!(errors, [PortErrorKind::Unanswered; 5]);
    thaw(&server, &ports).await;

    assert_eq!(server.cli(&["DBSIZE"]), before, "a key was created or deleted");
    assert!(!ports.is_revoked(revoked).await);
    assert!(!ports.is_revoked(ended.opening.access_token).await);
    assert_eq!(server.cli(&["EXISTS", "auth:login-failures"]), "0");
    ports.rotated(&session, &session.token).await;
    ports.rotated(&ended, &ended.token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempt_that_was_not_settled_in_time_is_settled_later() {
    let server = RedisServer::start();
    // Both connections are open, so that the command reaches the frozen server.
    let ports = Ports::on(&server).connected().await;
    let attempt = an_attempt();
    let reserved = ports.limiter.reserve(&attempt, request_time_at(START)).await.unwrap();
    assert_eq!(reserved, Reservation::Reserved(Ticket { attempt, is_known: false }));

    server.freeze();
    let ticket = Ticket { attempt, is_known: false };
    let settled = ports.limiter.settle(&ticket, Settlement::Failed, allowing(SHORT)).await;
    assert_eq!(settled.unwrap_err().kind(), PortErrorKind::Unanswered);
    thaw(&server, &ports).await;

    ports.limiter.settle(&ticket, Settlement::Abandoned, request_time_at(START)).await.unwrap();
    assert_eq!(server.cli(&["DBSIZE"]), "0", "the late settlement had an effect");
}
