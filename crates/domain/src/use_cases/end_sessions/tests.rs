use super::*;
use crate::mocks::MockSessionStore;
use crate::ports::PortErrorKind;
use crate::use_cases::fixtures::*;

fn session() -> SessionRef {
    refresh_tokens().0.session()
}

/// Ends the session in a store that expects this call and returns `ending`.
async fn end(ending: Result<Ending, PortError>) -> Result<(), EndSessionsError> {
    let mut sessions = MockSessionStore::new();
    sessions
        .expect_end()
        .withf(|end, at| {
            end.session == session()
                && end.reason == EndReason::Revoked
                && end.also_revoke.is_none()
                && *at == request_time()
        })
        .times(1)
        .return_once(|_, _| ending);
    EndSessions { sessions: Arc::new(sessions) }.one(session(), EndReason::Revoked, request_time()).await
}

#[tokio::test]
async fn one_session_ends_and_no_other_access_token_is_revoked() {
    end(Ok(Ending::Ended)).await.unwrap();
}

#[tokio::test]
async fn a_session_of_another_user_is_unknown() {
    assert!(matches!(end(Ok(Ending::Unknown)).await, Err(EndSessionsError::UnknownSession)));
}

#[tokio::test]
async fn an_end_without_an_answer_is_an_error() {
    let failed = end(Err(port_error(PortErrorKind::Unavailable))).await;
    assert!(matches!(failed, Err(EndSessionsError::Port(_))), "{failed:?}");
}

#[tokio::test]
async fn all_sessions_of_a_user_end_and_are_counted() {
    let mut sessions = MockSessionStore::new();
    sessions
        .expect_end_all()
        .withf(|id, reason, at| {
            *id == user_id() && *reason == EndReason::UserInactive && *at == request_time()
        })
        .times(1)
        .return_once(|_, _, _| Ok(3));
    let end_sessions = EndSessions { sessions: Arc::new(sessions) };
    assert_eq!(end_sessions.all(user_id(), EndReason::UserInactive, request_time()).await.unwrap(), 3);
}
