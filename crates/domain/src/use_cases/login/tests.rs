use std::time::Duration;

use mockall::Sequence;

use super::*;
use crate::mocks::{
    self, MockLoginLimiter, MockPasswordHasher, MockSessionStore, MockUserRepository, permissive_limiter,
    signing_access_tokens,
};
use crate::model::{ClientAddress, Ending, Password, Settlement};
use crate::ports::PortErrorKind;
use crate::use_cases::fixtures::*;

mod credentials;
mod limit;
mod reread;
mod tokens;
mod upgrade;
mod waiting;

const RIGHT: PasswordCheck = PasswordCheck::Valid { outdated: false };
const OUTDATED: PasswordCheck = PasswordCheck::Valid { outdated: true };

/// The ports of a login. A mock without an expectation fails the test if it is called.
///
/// [`setup`] allows each call once, so that a test can replace any of them.
struct Setup {
    users: MockUserRepository,
    hasher: MockPasswordHasher,
    limiter: MockLoginLimiter,
    sessions: MockSessionStore,
    issuer: Arc<Issuer>,
    policy: LoginPolicy,
    client: Option<ClientAddress>,
}

/// A login that succeeds: both lookups find the user, and the password is right.
fn setup() -> Setup {
    Setup {
        users: users(Some(user()), Some(user())),
        hasher: hasher(RIGHT),
        limiter: permissive_limiter(),
        sessions: opening_sessions(),
        issuer: issuer(signing_access_tokens()),
        policy: mocks::login_policy(),
        client: Some(client()),
    }
}

/// A login that finds `user` and is rejected with this result of the comparison.
fn rejection_setup(user: Option<User>, check: PasswordCheck) -> Setup {
    let mut users = MockUserRepository::new();
    users.expect_find_by_email().times(..=1).return_once(|_, _| Ok(user));
    Setup { users, hasher: hasher(check), sessions: MockSessionStore::new(), ..setup() }
}

impl Setup {
    async fn run(self) -> Result<LoggedIn, LoginError> {
        self.run_with("correct horse", request_time()).await
    }

    async fn run_with(self, text: &str, request_time: RequestTime) -> Result<LoggedIn, LoginError> {
        let login = Login {
            users: Arc::new(self.users),
            hasher: Arc::new(self.hasher),
            limiter: Arc::new(self.limiter),
            sessions: Arc::new(self.sessions),
            issuer: self.issuer,
            limit_keys: limit_keys(),
            policy: self.policy,
        };
        let (email, password, client) = (email(), password(text), self.client);
        login.run(LoginCommand { email, password, client, is_exempt: false, request_time }).await
    }

    async fn rejection(self) -> LoginRejection {
        match self.run().await {
            Err(LoginError::InvalidCredentials { rejection, .. }) => rejection,
            other => panic!("{other:?}"),
        }
    }

    /// The rejection of an attempt that must count as a failure.
    async fn counted_rejection(self) -> LoginRejection {
        Self { limiter: limiter_settled(Settlement::Failed), ..self }.rejection().await
    }

    async fn port_error(self) -> PortErrorKind {
        match self.run().await {
            Err(LoginError::Port(error)) => error.kind(),
            other => panic!("{other:?}"),
        }
    }
}

fn client() -> ClientAddress {
    ClientAddress::new("203.0.113.9".parse().unwrap())
}

/// Users whose first lookup is by email, and the second, after the session is open, by id.
fn users(first: Option<User>, second: Option<User>) -> MockUserRepository {
    let mut users = MockUserRepository::new();
    users.expect_find_by_email().withf(|sent, _| *sent == email()).times(..=1).return_once(|_, _| Ok(first));
    users.expect_find_by_id().withf(|id, _| *id == user_id()).times(..=1).return_once(|_, _| Ok(second));
    users
}

fn hasher(check: PasswordCheck) -> MockPasswordHasher {
    let mut hasher = idle_hasher();
    hasher.expect_verify().times(..=1).returning(move |_, _, _| Ok(check));
    hasher
}

/// A hasher that admits every caller, and must not hash.
fn idle_hasher() -> MockPasswordHasher {
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_admit().returning(|request_time| Ok(Admission::new(request_time, ())));
    hasher
}

/// A limiter that reserves, and expects this outcome of the same attempt.
fn limiter_settled(expected: Settlement) -> MockLoginLimiter {
    let mut limiter = MockLoginLimiter::new();
    let reserved = Seen::new();
    let noted = reserved.clone();
    limiter.expect_reserve().times(1).returning(move |attempt, _| {
        noted.note(*attempt);
        Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false }))
    });
    limiter
        .expect_settle()
        .withf(move |ticket, outcome, _| ticket.attempt == reserved.only() && *outcome == expected)
        .times(1)
        .returning(|_, _, _| Ok(()));
    limiter
}

fn opening_sessions() -> MockSessionStore {
    let mut sessions = MockSessionStore::new();
    sessions.expect_open().times(..=1).returning(|_, _| Ok(()));
    sessions
}

#[tokio::test]
async fn limit_credentials_settlement_and_session_follow_in_this_order() {
    let mut order = Sequence::new();
    let mut setup = Setup {
        users: MockUserRepository::new(),
        hasher: idle_hasher(),
        limiter: MockLoginLimiter::new(),
        sessions: MockSessionStore::new(),
        ..setup()
    };
    let Setup { users, hasher, limiter, sessions, .. } = &mut setup;
    let let_in =
        |attempt: &LoginAttempt, _| Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false }));
    limiter.expect_reserve().times(1).in_sequence(&mut order).returning(let_in);
    users.expect_find_by_email().times(1).in_sequence(&mut order).returning(|_, _| Ok(Some(user())));
    hasher.expect_verify().times(1).in_sequence(&mut order).returning(|_, _, _| Ok(RIGHT));
    limiter.expect_settle().times(1).in_sequence(&mut order).returning(|_, _, _| Ok(()));
    sessions.expect_open().times(1).in_sequence(&mut order).returning(|_, _| Ok(()));
    users.expect_find_by_id().times(1).in_sequence(&mut order).returning(|_, _| Ok(Some(user())));

    assert!(setup.run().await.unwrap().errors.is_empty());
}

#[tokio::test]
async fn a_login_that_succeeds_is_settled_as_a_success() {
    Setup { limiter: limiter_settled(Settlement::Succeeded), ..setup() }.run().await.unwrap();
}
