use super::*;
use crate::mocks::{
    MockDenylist, MockLegacyRefreshTokens, MockSessionStore, MockUserRepository, counting_entropy,
    signing_access_tokens,
};
use crate::model::{
    ConcurrentRefresh, IdempotencyKey, LimitKey, LiveAccessToken, RefreshToken, RequestTime, RetryKey,
    SealedSuccessor, SessionPolicy,
};
use crate::ports::PortErrorKind;
use crate::use_cases::fixtures::*;

mod capacity;
mod commit;
mod legacy;
mod outcomes;
mod retry;
mod user;

fn client_key() -> LimitKey {
    LimitKey::from_bytes([1; 16])
}

/// The ports of a refresh. A mock without an expectation fails the test if it is called.
struct Setup {
    users: MockUserRepository,
    sessions: MockSessionStore,
    denylist: MockDenylist,
    legacy: Option<MockLegacyRefreshTokens>,
    issuer: Arc<Issuer>,
}

/// The lookup returns `user`; no call for a session is expected.
fn setup(user: Option<User>) -> Setup {
    let mut users = MockUserRepository::new();
    users
        .expect_find_by_id()
        .withf(|id, at| *id == user_id() && *at == request_time())
        .times(..=1)
        .return_once(|_, _| Ok(user));
    Setup {
        users,
        sessions: MockSessionStore::new(),
        denylist: MockDenylist::new(),
        legacy: None,
        issuer: issuer(signing_access_tokens()),
    }
}

/// The user is active, and the one rotation is recorded and has this outcome.
fn rotating(rotation: Rotation) -> (Setup, Seen<Rotate>) {
    let (mut setup, seen) = (setup(Some(user())), Seen::new());
    let noted = seen.clone();
    setup.sessions.expect_rotate().withf(|_, at| *at == request_time()).times(1).return_once(
        move |rotate, _| {
            noted.note(rotate.clone());
            Ok(rotation)
        },
    );
    (setup, seen)
}

impl Setup {
    async fn run(self) -> Result<Refreshed, RefreshError> {
        self.run_with(Some(presented().into()), None).await
    }

    async fn run_with(
        self,
        refresh_token: Option<PresentedRefreshToken>,
        idempotency_key: Option<IdempotencyKey>,
    ) -> Result<Refreshed, RefreshError> {
        let refresh = Refresh {
            users: Arc::new(self.users),
            sessions: Arc::new(self.sessions),
            denylist: Arc::new(self.denylist),
            legacy: self.legacy.map(|legacy| Arc::new(legacy) as _),
            issuer: self.issuer,
        };
        refresh
            .run(RefreshCommand {
                refresh_token,
                client: Some(client_key()),
                idempotency_key,
                request_time: request_time(),
            })
            .await
    }

    async fn rejection(self) -> RefreshRejection {
        match self.run().await {
            Err(RefreshError::InvalidRefreshToken { rejection, session }) => {
                assert_eq!(session, Some(presented().session()), "the error has the session");
                rejection
            }
            other => panic!("{other:?}"),
        }
    }

    async fn port_error(self) -> PortErrorKind {
        match self.run().await {
            Err(RefreshError::Port(error)) => error.kind(),
            other => panic!("{other:?}"),
        }
    }
}

/// The token that the client sends.
fn presented() -> RefreshToken {
    refresh_tokens().0
}

/// A store that expects the end of the session of the presented token for `reason`.
fn sessions_ending(reason: EndReason, ending: Result<Ending, PortError>) -> MockSessionStore {
    let mut sessions = MockSessionStore::new();
    expect_end(&mut sessions, reason, ending);
    sessions
}

fn expect_end(sessions: &mut MockSessionStore, reason: EndReason, ending: Result<Ending, PortError>) {
    sessions
        .expect_end()
        .withf(move |end, at| {
            end.session == presented().session()
                && end.reason == reason
                && end.also_revoke.is_none()
                && *at == request_time()
        })
        .times(1)
        .return_once(|_, _| ending);
}
