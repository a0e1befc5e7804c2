use super::*;
use crate::mocks::{MockLoginLimiter, MockSessionStore, MockUserRepository};
use crate::model::User;
use crate::ports::PortErrorKind;
use crate::use_cases::fixtures::*;

/// The ports of the use case. A mock without an expectation fails the test when it is called.
struct Ports {
    sessions: MockSessionStore,
    users: MockUserRepository,
    limiter: MockLoginLimiter,
}

fn ports() -> Ports {
    Ports {
        sessions: MockSessionStore::new(),
        users: MockUserRepository::new(),
        limiter: MockLoginLimiter::new(),
    }
}

impl Ports {
    fn end_sessions(self) -> EndSessions {
        EndSessions {
            sessions: Arc::new(self.sessions),
            users: Arc::new(self.users),
            limiter: Arc::new(self.limiter),
            limit_keys: limit_keys(),
        }
    }
}

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
    let ports = Ports { sessions, ..ports() };
    ports.end_sessions().one(session(), EndReason::Revoked, request_time()).await
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

/// A store that expects the end of all sessions of the user, and returns `ended`.
fn ending_all(ended: Result<usize, PortError>) -> MockSessionStore {
    let mut sessions = MockSessionStore::new();
    sessions
        .expect_end_all()
        .withf(|id, reason, at| {
            *id == user_id() && *reason == EndReason::UserInactive && *at == request_time()
        })
        .times(1)
        .return_once(|_, _, _| ended);
    sessions
}

/// A store that expects to be asked for the user by id.
fn users_with(found: Result<Option<User>, PortError>) -> MockUserRepository {
    let mut users = MockUserRepository::new();
    users
        .expect_find_by_id()
        .withf(|id, at| *id == user_id() && *at == request_time())
        .times(1)
        .return_once(|_, _| found);
    users
}

async fn end_all(ports: Ports) -> Result<usize, EndAllSessionsError> {
    ports.end_sessions().all(user_id(), EndReason::UserInactive, request_time()).await
}

// S-91
#[tokio::test]
async fn all_sessions_end_and_the_known_addresses_are_forgotten() {
    let by_row = Ports {
        sessions: ending_all(Ok(3)),
        users: users_with(Ok(Some(user()))),
        limiter: forgetting(Ok(())),
    };
    assert_eq!(end_all(by_row).await.unwrap(), 3);
    let by_email =
        Ports { sessions: ending_all(Ok(2)), limiter: forgetting(Ok(())), ..ports() }.end_sessions();
    let ended = by_email.all_of(user_id(), &email(), EndReason::UserInactive, request_time()).await;
    assert_eq!(ended.unwrap(), 2);
}

#[tokio::test]
async fn a_user_without_a_row_has_no_address_to_forget() {
    let ports = Ports { sessions: ending_all(Ok(1)), users: users_with(Ok(None)), ..ports() };
    assert_eq!(end_all(ports).await.unwrap(), 1);
}

#[tokio::test]
async fn sessions_that_may_be_alive_are_an_error_with_the_advice() {
    let unavailable = port_error(PortErrorKind::Unavailable);
    let failed = end_all(Ports { sessions: ending_all(Err(unavailable)), ..ports() }).await.unwrap_err();
    assert!(matches!(failed, EndAllSessionsError::Sessions(_)), "{failed:?}");
    assert!(failed.to_string().contains("repeat"), "{failed}");
}

// S-91
#[tokio::test]
async fn addresses_that_may_be_known_are_an_error_with_the_advice() {
    let unavailable = || port_error(PortErrorKind::Unavailable);
    for (found, forgotten) in [
        (Err(unavailable()), None),
        (Err(unreadable_row()), None),
        (Ok(Some(user())), Some(Err(unavailable()))),
    ] {
        let limiter = forgotten.map_or_else(MockLoginLimiter::new, forgetting);
        let failed = end_all(Ports { sessions: ending_all(Ok(3)), users: users_with(found), limiter })
            .await
            .unwrap_err();
        assert!(
            matches!(failed, EndAllSessionsError::KnownAddresses { sessions_ended: 3, .. }),
            "{failed:?}"
        );
        assert!(failed.to_string().contains("repeat"), "{failed}");
    }
}
