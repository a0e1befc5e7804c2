//! Each script may be sent twice: after a lost reply, a redirection, or a slot that moved while it ran.

use std::time::Duration;

use auth_adapter_redis::{RecordFormat, RedisLegacyRefreshTokens};
use auth_domain::model::{
    ClearedLimit, ConcurrentRefresh, EndReason, LegacyHolder, LegacyRefreshToken, LimitKey, RequestTime,
    Reservation, SealedSuccessor, SessionRef, Settlement,
};
use auth_domain::ports::{Denylist, LegacyRefreshTokens, LoginLimiter, SessionStore};
use auth_testkit::servers::RedisServer;
use auth_testkit::{
    LOGIN_LIMITS, START, TestSession, a_legacy_token, a_session, a_tenant_id, a_user_id, an_access_token,
    request_time_at,
};

use crate::resending_proxy::ResendingProxy;
use crate::support::{Ports, REVOCATION, an_attempt_from_an_address, now_and};

/// The outcomes of operations, in order.
type Outcomes = Vec<String>;

fn later(seconds: u64) -> RequestTime {
    request_time_at(START).with_now(START + Duration::from_secs(seconds))
}

async fn sessions(ports: &Ports, outcomes: &mut Outcomes) {
    let user = a_user_id();
    let session = ports.opened_by(user).await;
    let mut other = a_session(user, START);
    other.opening.max_sessions = 2;
    for opened in [&a_session(user, START), &other] {
        ports.sessions.open(&opened.opening, later(1)).await.unwrap();
    }
    outcomes.push(format!("{} sessions", ports.sessions.list(user, later(1)).await.unwrap().len()));
    outcomes.push(format!("surplus is revoked: {}", ports.is_revoked(session.opening.access_token).await));

    let mut attempt = other.rotation(&other.token, START);
    attempt.rotate.retry = Some(SealedSuccessor { tag: None, sealed: vec![7; 76] });
    outcomes.push(format!("{:?}", ports.sessions.rotate(&attempt.rotate, later(2)).await.unwrap()));
    let mut shared = other.rotation(&other.token, START);
    shared.rotate.concurrent_refresh = ConcurrentRefresh::Share;
    shared.rotate.retry = Some(SealedSuccessor { tag: None, sealed: vec![8; 76] });
    outcomes.push(format!("{:?}", ports.sessions.rotate(&shared.rotate, later(3)).await.unwrap()));
    let second = other.rotation(&attempt.successor, START);
    outcomes.push(format!("{:?}", ports.sessions.rotate(&second.rotate, later(20)).await.unwrap()));
    // The reuse of the previous token: a repeat on an older one does not count as reuse. It is the last call of the session,
    // because a repeat in a session that has ended by reuse counts as the call that ended it.
    outcomes.push(format!("{:?}", ports.sessions.rotate(&shared.rotate, later(60)).await.unwrap()));
    ends(ports, outcomes).await;
}

async fn ends(ports: &Ports, outcomes: &mut Outcomes) {
    let (session, unknown) = (ports.opened().await, a_session(a_user_id(), START));
    for ended in [&session, &session, &unknown] {
        outcomes.push(format!("{:?}", ports.log_out(ended, Some(an_access_token(START))).await.unwrap()));
    }
    outcomes.push(format!("ended is revoked: {}", ports.is_revoked(session.opening.access_token).await));
    let user = a_user_id();
    let sessions: [TestSession; 3] =
        [ports.opened_by(user).await, ports.opened_by(user).await, ports.opened_by(user).await];
    // The number of sessions is that of the last call.
    ports.sessions.end_all(user, EndReason::Revoked, request_time_at(START)).await.unwrap();
    for session in &sessions {
        outcomes.push(format!("ended is revoked: {}", ports.is_revoked(session.opening.access_token).await));
    }
    let token = an_access_token(START);
    ports.denylist.add(token, request_time_at(START)).await.unwrap();
    outcomes.push(format!("added is revoked: {}", ports.is_revoked(token).await));
}

async fn limits(ports: &Ports, outcomes: &mut Outcomes) {
    let first = an_attempt_from_an_address();
    for number in 0..=LOGIN_LIMITS.max_failures {
        let mut attempt = an_attempt_from_an_address();
        (attempt.email, attempt.origin) = (first.email, first.origin);
        let reservation = ports.limiter.reserve(&attempt, later(number.into())).await.unwrap();
        outcomes.push(match &reservation {
            Reservation::Reserved(ticket) => format!("reserved, known: {}", ticket.is_known),
            Reservation::Rejected { limit, retry_after, .. } => {
                format!("rejected by {limit} for {retry_after:?}")
            }
            Reservation::Busy(_) => "busy".to_owned(),
        });
        let Reservation::Reserved(ticket) = reservation else { continue };
        let outcome = match number {
            2 => Settlement::Abandoned,
            4 => Settlement::Succeeded,
            _ => Settlement::Failed,
        };
        ports.limiter.settle(&ticket, outcome, later(number.into())).await.unwrap();
        let status = ports.limiter.status(first.email, later(number.into())).await.unwrap();
        outcomes.push(format!("{status:?}").replace(&format!("{:?}", first.email), "email"));
    }
    let address = LimitKey::from_bytes([1; 16]);
    for cleared in [ClearedLimit::Address { address, network: None }, ClearedLimit::Email(first.email)] {
        ports.limiter.clear(cleared, later(30)).await.unwrap();
    }
    ports.limiter.forget_addresses(first.email, later(30)).await.unwrap();
    let reserved = ports.limiter.reserve(&an_attempt_of(first.email), later(31)).await.unwrap();
    outcomes.push(format!("reserved: {}", matches!(reserved, Reservation::Reserved(_))));
}

fn an_attempt_of(email: LimitKey) -> auth_domain::model::LoginAttempt {
    auth_domain::model::LoginAttempt { email, ..an_attempt_from_an_address() }
}

async fn legacy_tokens(server: &RedisServer, ports: &Ports, outcomes: &mut Outcomes) {
    let tokens = RedisLegacyRefreshTokens::new(&ports.store, REVOCATION);
    let issued = || {
        let (token, holder) =
            (a_legacy_token(), LegacyHolder { user_id: a_user_id(), tenant_id: a_tenant_id() });
        let value = format!("{}|{}", holder.user_id, holder.tenant_id);
        let key = format!("auth:refresh:{}", token.expose());
        assert_eq!(server.cli(&["SET", &key, &value, "EX", "604800"]), "OK");
        (token, holder)
    };
    let (token, holder) = issued();
    let session = |_: &LegacyRefreshToken| SessionRef {
        session_id: a_session(holder.user_id, START).token.session().session_id,
        user_id: holder.user_id,
    };
    let (own, other) = (session(&token), session(&token));
    let minute = Duration::from_mins(1);
    for claiming in [own, other] {
        let claim = tokens.claim(&token, claiming, minute, request_time_at(START)).await.unwrap();
        outcomes.push(format!("{claim:?}").replace(&format!("{:?}", own.session_id), "own"));
    }
    tokens.release(&token, own, request_time_at(START)).await.unwrap();
    let claim = tokens.claim(&token, other, minute, request_time_at(START)).await.unwrap();
    outcomes.push(format!("{claim:?}"));
    outcomes.push(format!("{:?}", tokens.consume(&token, holder, request_time_at(START)).await.unwrap()));
    let (token, holder) = issued();
    let ended = tokens.end(&token, holder.user_id, an_access_token(START), request_time_at(START)).await;
    outcomes.push(format!("{:?}", ended.unwrap()));
}

async fn outcomes(server: &RedisServer, ports: &Ports) -> Outcomes {
    let mut outcomes = Vec::new();
    sessions(ports, &mut outcomes).await;
    limits(ports, &mut outcomes).await;
    legacy_tokens(server, ports, &mut outcomes).await;
    ports.store.ping(now_and(0)).await.unwrap();
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn each_script_that_is_sent_twice_has_the_outcome_of_one_call() {
    let server = RedisServer::start();
    let proxy = ResendingProxy::start(server.port()).await;
    for format in [RecordFormat::Hash, RecordFormat::Packed] {
        // Separately, so that the script that completes the end of a session is called.
        let ports = |url: &str| Ports::at(url).with_format(format).denylisting_separately();
        let once = outcomes(&server, &ports(&server.url())).await;
        let twice = outcomes(&server, &ports(&proxy.url())).await;
        assert_eq!(twice, once);
        let together = Ports::at(&proxy.url()).with_format(format);
        assert_eq!(outcomes(&server, &together).await, once);
    }
    let (loaded, called) = proxy.scripts();
    assert_eq!(called, loaded, "a script is not called by this test");
}
