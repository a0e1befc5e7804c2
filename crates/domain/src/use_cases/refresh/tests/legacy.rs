//! Legacy refresh tokens.

use super::*;
use crate::model::{
    LegacyClaim, LegacyHolder, LegacyRefreshToken, NewSession, SessionId, SessionRef, TenantId,
};

const OWN: LegacyClaim = LegacyClaim::Own { replaced: None };

fn legacy_text() -> LegacyRefreshToken {
    LegacyRefreshToken::parse(&"A".repeat(43)).unwrap()
}

fn legacy_token() -> PresentedRefreshToken {
    PresentedRefreshToken::Legacy(legacy_text())
}

fn holder(tenant_id: TenantId) -> LegacyHolder {
    LegacyHolder { user_id: user_id(), tenant_id }
}

/// The session of another exchange.
fn other_session() -> SessionRef {
    refresh_tokens().0.session()
}

/// A store that finds the token with a holder of this tenant.
fn known(tenant_id: TenantId) -> MockLegacyRefreshTokens {
    let mut legacy = MockLegacyRefreshTokens::new();
    legacy
        .expect_find()
        .withf(|_, at| at.deadline() < request_time().deadline())
        .times(1)
        .return_once(move |_, _| Ok(Some(holder(tenant_id))));
    legacy
}

/// The token is alive, and a claim has this outcome.
fn claimed(claim: LegacyClaim) -> (Setup, MockLegacyRefreshTokens) {
    let mut legacy = known(tenant_id());
    legacy
        .expect_claim()
        .withf(|_, session, dead_after, at| {
            session.user_id == user_id() && *dead_after >= 2 * timeout_of(*at)
        })
        .times(1)
        .return_once(move |_, _, _, _| Ok(claim));
    (user_setup(), legacy)
}

/// The lookup of the user has the shorter deadline of an exchange.
fn user_setup() -> Setup {
    let mut setup = setup(None);
    setup.users = MockUserRepository::new();
    setup.users.expect_find_by_id().returning(|_, _| Ok(Some(user())));
    setup
}

fn timeout_of(request_time: RequestTime) -> std::time::Duration {
    request_time.deadline() - request_time.started()
}

/// A session is opened, and the consumption of the token returns `consumed`.
fn exchanging(claim: LegacyClaim, consumed: Result<bool, PortError>) -> (Setup, Seen<NewSession>) {
    let ((mut setup, mut legacy), seen) = (claimed(claim), Seen::new());
    let (mut order, noted) = (mockall::Sequence::new(), seen.clone());
    setup.sessions.expect_open().times(1).in_sequence(&mut order).returning(move |session, _| {
        noted.note(session.clone());
        Ok(())
    });
    legacy
        .expect_consume()
        .withf(|_, of, _| *of == holder(tenant_id()))
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _, _| consumed);
    setup.legacy = Some(legacy);
    (setup, seen)
}

/// The new session ends, and the claim is released after that.
fn undoing(mut setup: Setup) -> Setup {
    let mut order = mockall::Sequence::new();
    setup
        .sessions
        .expect_end()
        .withf(|end, _| end.session.user_id == user_id() && end.reason == EndReason::Revoked)
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| Ok(Ending::Ended));
    let legacy = setup.legacy.as_mut().unwrap();
    legacy.expect_release().times(1).in_sequence(&mut order).return_once(|_, _, _| Ok(()));
    setup
}

/// The token is not alive, and was consumed for this session.
fn consumed_before(session: Option<SessionRef>) -> Setup {
    let mut setup = setup(Some(user()));
    let mut legacy = MockLegacyRefreshTokens::new();
    legacy.expect_find().times(1).return_once(|_, _| Ok(None));
    legacy.expect_successor().times(1).return_once(move |_, _| Ok(session));
    setup.legacy = Some(legacy);
    setup
}

async fn exchanged(setup: Setup) -> Result<Refreshed, RefreshError> {
    setup.run_with(Some(legacy_token()), None).await
}

fn assert_unknown(result: Result<Refreshed, RefreshError>) {
    match result {
        Err(RefreshError::InvalidRefreshToken { rejection, session }) => {
            assert_eq!((rejection, session), (RefreshRejection::Unknown, None));
        }
        other => panic!("{other:?}"),
    }
}

fn assert_kind(result: Result<Refreshed, RefreshError>, kind: PortErrorKind) {
    match result {
        Err(RefreshError::Port(error)) => assert_eq!(error.kind(), kind),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_legacy_token_is_exchanged_for_a_new_session() {
    let (setup, opened) = exchanging(OWN, Ok(true));
    let refreshed = exchanged(setup).await.unwrap();
    assert_eq!(refreshed.tokens.user_id, user_id());
    assert_eq!(refreshed.tokens.refresh_token.session().user_id, user_id());
    assert_eq!(refreshed.kind, RefreshKind::Rotated);
    let predecessor = opened.only().predecessor.unwrap();
    assert_eq!(predecessor.digest, legacy_text().digest());
    assert_eq!((predecessor.retry, predecessor.presented_from), (None, Some(client_key())));
}

// S-46
#[tokio::test]
async fn the_successor_of_a_legacy_token_is_sealed_under_that_token() {
    let (setup, opened) = exchanging(OWN, Ok(true));
    let key = idempotency_key("k1");
    let refreshed = setup.run_with(Some(legacy_token()), Some(key.clone())).await.unwrap();
    let sealed = opened.only().predecessor.unwrap().retry.unwrap();
    let same = RetryKey::derive(legacy_text().expose().as_bytes(), Some(&key));
    assert_eq!(sealed.tag, same.tag());
    assert_eq!(same.open(&sealed), Some(refreshed.tokens.refresh_token));
}

#[tokio::test]
async fn the_session_of_a_dead_exchange_ends_after_the_token_is_consumed() {
    let dead = SessionId::from_uuid(other_session().session_id.as_uuid());
    let replacing = LegacyClaim::Own { replaced: Some(dead) };
    for ending in [Ok(Ending::Ended), Err(port_error(PortErrorKind::Unavailable))] {
        let (mut setup, _) = exchanging(replacing, Ok(true));
        setup
            .sessions
            .expect_end()
            .withf(move |end, _| end.session.session_id == dead)
            .times(1)
            .return_once(|_, _| ending);
        exchanged(setup).await.unwrap();
    }
    let (setup, _) = exchanging(replacing, Err(port_error(PortErrorKind::Unanswered)));
    assert_kind(exchanged(setup).await, PortErrorKind::Unanswered);
}

#[tokio::test]
async fn a_legacy_token_consumed_meanwhile_ends_the_new_session() {
    assert_unknown(exchanged(undoing(exchanging(OWN, Ok(false)).0)).await);
}

#[tokio::test]
async fn an_outage_before_the_consumption_undoes_the_exchange() {
    let away = Err(port_error(PortErrorKind::Unavailable));
    assert_kind(exchanged(undoing(exchanging(OWN, away).0)).await, PortErrorKind::Unavailable);
}

/// The token may be consumed. The session stays for the repeat of the call.
#[tokio::test]
async fn a_consumption_of_unknown_outcome_keeps_the_session() {
    let lost = Err(port_error(PortErrorKind::Unanswered));
    assert_kind(exchanged(exchanging(OWN, lost).0).await, PortErrorKind::Unanswered);
}

#[tokio::test]
async fn a_session_that_is_not_opened_consumes_nothing() {
    let (mut setup, legacy) = claimed(OWN);
    setup.legacy = Some(legacy);
    let mut setup = undoing(setup);
    setup.sessions.expect_open().times(1).return_once(|_, _| Err(port_error(PortErrorKind::Overloaded)));
    assert_kind(exchanged(setup).await, PortErrorKind::Overloaded);
}

#[tokio::test]
async fn a_consumed_legacy_token_is_the_predecessor_in_its_session() {
    let session = other_session();
    let key = idempotency_key("k1");
    let (_, successor) = refresh_tokens();
    let sealed = RetryKey::derive(legacy_text().expose().as_bytes(), Some(&key)).seal(&successor, [7; 12]);
    let mut setup = consumed_before(Some(session));
    setup
        .sessions
        .expect_rotate()
        .withf(move |rotate, at| {
            rotate.presented.session == session
                && rotate.presented.value == legacy_text().digest()
                && rotate.successor.session == session
                && *at == request_time()
        })
        .times(1)
        .return_once(|_, _| Ok(Rotation::Retried(sealed)));
    let again = setup.run_with(Some(legacy_token()), Some(key)).await.unwrap();
    assert_eq!(again.kind, RefreshKind::Retried);
    assert_eq!(again.tokens.refresh_token, successor);
    assert_eq!(again.tokens.session_id, session.session_id);
    assert_unknown(exchanged(consumed_before(None)).await);
}

#[tokio::test]
async fn a_call_that_finds_another_exchange_waits_for_it() {
    let session = other_session();
    for is_consumed in [true, false] {
        let (mut setup, mut legacy) = claimed(LegacyClaim::Other(session.session_id));
        legacy.expect_wait_until_consumed().times(1).return_once(move |_, _| Ok(is_consumed));
        setup.legacy = Some(legacy);
        if !is_consumed {
            assert_kind(exchanged(setup).await, PortErrorKind::Overloaded);
            continue;
        }
        let used = Rotation::AlreadyUsed { rotated_from: None };
        setup.sessions.expect_rotate().times(1).return_once(|_, _| Ok(used));
        match exchanged(setup).await {
            Err(RefreshError::InvalidRefreshToken { rejection, session: Some(of) }) => {
                assert_eq!(rejection, RefreshRejection::AlreadyUsed { same_address: None });
                assert_eq!(of, session);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn rejected_legacy_tokens_of_a_user_open_no_session() {
    let (mut setup, legacy) = claimed(LegacyClaim::Rejected);
    setup.legacy = Some(legacy);
    assert_unknown(exchanged(setup).await);
}

#[tokio::test]
async fn a_legacy_token_is_not_consumed_for_a_user_who_may_not_continue() {
    let mut moved = user_setup();
    moved.legacy = Some(known(other_tenant_id()));
    assert_unknown(exchanged(moved).await);
    for user in [None, Some(inactive_user())] {
        let mut setup = user_setup();
        setup.users = MockUserRepository::new();
        setup.users.expect_find_by_id().return_once(|_, _| Ok(user));
        setup.legacy = Some(known(tenant_id()));
        assert_unknown(exchanged(setup).await);
    }
}

#[tokio::test]
async fn a_legacy_token_is_unknown_without_a_legacy_service() {
    assert_unknown(exchanged(setup(None)).await);
}

#[tokio::test]
async fn an_outage_during_the_lookup_of_a_legacy_token_is_an_error() {
    let mut away = setup(None);
    let mut legacy = MockLegacyRefreshTokens::new();
    legacy.expect_find().times(1).return_once(|_, _| Err(port_error(PortErrorKind::Unavailable)));
    away.legacy = Some(legacy);
    assert_kind(exchanged(away).await, PortErrorKind::Unavailable);
}
