use super::*;
use crate::mocks::{MockLegacyRefreshTokens, MockSessionStore};
use crate::model::{RefreshToken, Role, UserId};
use crate::ports::PortErrorKind;
use crate::use_cases::fixtures::*;

/// The claims of a caller whose access token and refresh token are of different sessions.
fn caller(user_id: UserId) -> AccessClaims {
    AccessClaims {
        token_id: token_id(),
        user_id,
        tenant_id: tenant_id(),
        email: email(),
        role: Role::Admin,
        session_id: None,
        issued_at: None,
        expires_at: live_access_token().expires_at,
    }
}

/// A store that expects the end of the session of the presented token, and returns `ending`.
fn ending(ending: Result<Ending, PortError>) -> MockSessionStore {
    let mut sessions = MockSessionStore::new();
    sessions
        .expect_end()
        .withf(|end, at| {
            end.session == presented().session()
                && end.reason == EndReason::LoggedOut
                && end.also_revoke == Some(live_access_token())
                && *at == request_time()
        })
        .times(1)
        .return_once(|_, _| ending);
    sessions
}

fn presented() -> RefreshToken {
    refresh_tokens().0
}

async fn log_out(
    sessions: MockSessionStore,
    caller: AccessClaims,
    refresh_token: Option<RefreshToken>,
) -> Result<Option<SessionRef>, LogoutError> {
    let logout = Logout { sessions: Arc::new(sessions), legacy: None };
    let refresh_token = refresh_token.map(PresentedRefreshToken::from);
    logout.run(LogoutCommand { caller, refresh_token, request_time: request_time() }).await
}

// S-60
#[tokio::test]
async fn logout_ends_the_session_and_revokes_the_access_token() {
    let ended = log_out(ending(Ok(Ending::Ended)), caller(user_id()), Some(presented())).await;
    assert_eq!(ended.unwrap(), Some(presented().session()));
}

// S-63
#[tokio::test]
async fn a_foreign_refresh_token_changes_nothing() {
    let untouched = MockSessionStore::new();
    let rejected = log_out(untouched, caller(other_user_id()), Some(presented())).await;
    assert!(matches!(rejected, Err(LogoutError::InvalidRefreshToken)));
}

// S-55
#[tokio::test]
async fn a_text_that_is_not_a_refresh_token_calls_no_store() {
    let rejected = log_out(MockSessionStore::new(), caller(user_id()), None).await;
    assert!(matches!(rejected, Err(LogoutError::InvalidRefreshToken)));
}

// S-63
#[tokio::test]
async fn an_unknown_refresh_token_is_rejected_like_a_foreign_one() {
    let rejected = log_out(ending(Ok(Ending::Unknown)), caller(user_id()), Some(presented())).await;
    assert!(matches!(rejected, Err(LogoutError::InvalidRefreshToken)));
}

// S-66
#[tokio::test]
async fn a_logout_fails_if_the_store_is_unreachable() {
    let away = ending(Err(PortError::unavailable("unreachable")));
    match log_out(away, caller(user_id()), Some(presented())).await {
        Err(LogoutError::Port(error)) => assert_eq!(error.kind(), PortErrorKind::Unavailable),
        other => panic!("{other:?}"),
    }
}

/// A store of legacy tokens that expects the caller and the caller's access token.
fn legacy_ending(ending: Ending, successor: Option<SessionRef>) -> Logout {
    let mut legacy = MockLegacyRefreshTokens::new();
    legacy.expect_successor().returning(move |_, _| Ok(successor));
    legacy
        .expect_end()
        .withf(|_, holder, revoked, at| {
            *holder == user_id() && *revoked == live_access_token() && *at == request_time()
        })
        .times(1)
        .return_once(move |_, _, _, _| Ok(ending));
    Logout { sessions: Arc::new(MockSessionStore::new()), legacy: Some(Arc::new(legacy)) }
}

async fn log_out_with_legacy_token(logout: Logout) -> Result<Option<SessionRef>, LogoutError> {
    let refresh_token = PresentedRefreshToken::parse(&"A".repeat(43));
    logout.run(LogoutCommand { caller: caller(user_id()), refresh_token, request_time: request_time() }).await
}

#[tokio::test]
async fn a_legacy_token_is_ended_only_by_its_holder() {
    assert_eq!(log_out_with_legacy_token(legacy_ending(Ending::Ended, None)).await.unwrap(), None);
    let foreign = log_out_with_legacy_token(legacy_ending(Ending::Unknown, None)).await;
    assert!(matches!(foreign, Err(LogoutError::InvalidRefreshToken)));
    let nowhere = Logout { sessions: Arc::new(MockSessionStore::new()), legacy: None };
    let rejected = log_out_with_legacy_token(nowhere).await;
    assert!(matches!(rejected, Err(LogoutError::InvalidRefreshToken)));
}

/// The access token is revoked last, because a caller without an answer needs it to repeat the logout.
#[tokio::test]
async fn a_legacy_token_that_was_exchanged_ends_its_session() {
    let session = presented().session();
    let sessions = Arc::new(ending_without_bearer(session));
    let logout = Logout { sessions, ..legacy_ending(Ending::Ended, Some(session)) };
    assert_eq!(log_out_with_legacy_token(logout).await.unwrap(), Some(session));

    let foreign = SessionRef { user_id: other_user_id(), ..session };
    let rejected = log_out_with_legacy_token(legacy_ending(Ending::Unknown, Some(foreign))).await;
    assert!(matches!(rejected, Err(LogoutError::InvalidRefreshToken)));
}

// S-64
#[tokio::test]
async fn an_exchange_that_races_the_logout_leaves_no_session() {
    let session = presented().session();
    let mut legacy = MockLegacyRefreshTokens::new();
    let mut found = [None, Some(session)].into_iter();
    legacy.expect_successor().times(2).returning(move |_, _| Ok(found.next().flatten()));
    legacy.expect_end().times(1).return_once(|_, _, _, _| Ok(Ending::Ended));
    let sessions = Arc::new(ending_without_bearer(session));
    let logout = Logout { sessions, legacy: Some(Arc::new(legacy)) };
    assert_eq!(log_out_with_legacy_token(logout).await.unwrap(), Some(session));
}

fn ending_without_bearer(session: SessionRef) -> MockSessionStore {
    let mut sessions = MockSessionStore::new();
    sessions
        .expect_end()
        .withf(move |end, _| end.session == session && end.also_revoke.is_none())
        .times(1)
        .return_once(|_, _| Ok(Ending::Ended));
    sessions
}
