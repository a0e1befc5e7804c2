use mockall::Sequence;

use super::*;
use crate::mocks::{
    self, MockLoginLimiter, MockPasswordHasher, MockPasswordStrength, MockSessionStore, MockUserRepository,
    counting_entropy,
};
use crate::model::PasswordHash;
use crate::ports::{PasswordWeakness, PortError, PortErrorKind};
use crate::use_cases::end_sessions::EndAllSessionsError;
use crate::use_cases::fixtures::*;

mod create;
mod delete;
mod password;
mod status;

const LONG_ENOUGH: &str = "fifteen letters";

/// The ports of user administration. A mock without an expectation fails the test when it is called.
struct Setup {
    users: MockUserRepository,
    hasher: MockPasswordHasher,
    sessions: MockSessionStore,
    limiter: MockLoginLimiter,
    weakness: Option<PasswordWeakness>,
}

/// Ports without expectations.
fn setup() -> Setup {
    Setup {
        users: MockUserRepository::new(),
        hasher: MockPasswordHasher::new(),
        sessions: MockSessionStore::new(),
        limiter: MockLoginLimiter::new(),
        weakness: None,
    }
}

impl Setup {
    fn manage(self) -> ManageUsers {
        let mut strength = MockPasswordStrength::new();
        strength.expect_weakness().return_const(self.weakness);
        ManageUsers {
            users: Arc::new(self.users),
            hasher: Arc::new(self.hasher),
            end_sessions: EndSessions {
                sessions: Arc::new(self.sessions),
                // The email is known, so the row is not read for it.
                users: Arc::new(MockUserRepository::new()),
                limiter: Arc::new(self.limiter),
                limit_keys: limit_keys(),
            },
            entropy: Arc::new(counting_entropy()),
            policy: mocks::password_policy(),
            strength: Arc::new(strength),
        }
    }
}

fn hasher() -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher
        .expect_hash()
        .withf(|sent, at| sent.expose_bytes() == LONG_ENOUGH.as_bytes() && *at == request_time())
        .times(1)
        .returning(|_, _| Ok(hash("new")));
    hasher
}

/// A store that expects one end of all sessions of the user for `reason`.
fn sessions_ending(reason: EndReason, ended: Result<usize, PortError>) -> MockSessionStore {
    let mut sessions = MockSessionStore::new();
    sessions
        .expect_end_all()
        .withf(move |id, why, at| *id == user_id() && *why == reason && *at == request_time())
        .times(1)
        .return_once(|_, _, _| ended);
    sessions
}

fn assert_sessions_not_ended(result: Result<Changed, ManageUsersError>) {
    match result {
        Err(ManageUsersError::NotCompleted(EndAllSessionsError::Sessions(error))) => {
            assert_eq!(error.kind(), PortErrorKind::Unavailable);
        }
        other => panic!("{other:?}"),
    }
}

fn assert_addresses_not_forgotten(result: &Result<Changed, ManageUsersError>) {
    let not_forgotten = |error: &ManageUsersError| {
        matches!(error, ManageUsersError::NotCompleted(EndAllSessionsError::KnownAddresses { .. }))
    };
    assert!(result.as_ref().is_err_and(not_forgotten), "{result:?}");
}

#[tokio::test]
async fn find_returns_one_user_or_an_error() {
    for found in [Some(user()), None] {
        let (mut setup, known) = (setup(), found.clone());
        setup.users.expect_find_by_email().withf(|sent, _| *sent == email()).return_once(|_, _| Ok(found));
        match setup.manage().find(&email(), request_time()).await {
            Ok(read) => assert_eq!(Some(read), known),
            Err(error) => assert!(matches!(error, ManageUsersError::UnknownUser) && known.is_none()),
        }
    }
}
