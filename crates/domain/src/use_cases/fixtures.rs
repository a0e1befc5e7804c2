//! Helpers for the tests of the use cases.

use std::sync::{Arc, LazyLock, Mutex};

use time::OffsetDateTime;
use time::macros::datetime;

use super::Issuer;
use crate::mocks::{self, MockAccessTokens, MockLoginLimiter, counting_entropy};
use crate::model::{
    Email, IdempotencyKey, LimitKeys, LiveAccessToken, Password, PasswordHash, RefreshToken, RequestTime,
    TenantId, TokenId, User, UserId, UserStatus,
};
use crate::ports::{PortError, PortErrorKind, UnreadableUser, random_bytes};

/// The time of every request in these tests. It is not a whole second, as real times are not.
pub(super) const NOW: OffsetDateTime = datetime!(2026-07-10 14:32:05.678 UTC);

/// The request time: the same in every call, so that tests can compare it.
pub(super) fn request_time() -> RequestTime {
    static REQUEST_TIME: LazyLock<RequestTime> = LazyLock::new(|| mocks::request_time(NOW));
    *REQUEST_TIME
}

pub(super) fn user_id() -> UserId {
    "9c858901-8a57-4791-81fe-4c455b099bc9".parse().unwrap()
}

pub(super) fn other_user_id() -> UserId {
    "16fd2706-8baf-433b-82eb-8c7fada847da".parse().unwrap()
}

pub(super) fn tenant_id() -> TenantId {
    "6fa459ea-ee8a-4ca4-894e-db77e160355e".parse().unwrap()
}

pub(super) fn other_tenant_id() -> TenantId {
    "886313e1-3b8a-4372-9b90-0c9aee199e5d".parse().unwrap()
}

pub(super) fn token_id() -> TokenId {
    "a8098c1a-f86e-41da-bd1a-00112444be1e".parse().unwrap()
}

pub(super) fn email() -> Email {
    Email::parse("owner@example.com").unwrap()
}

pub(super) fn password(text: &str) -> Password {
    Password::parse(text.to_owned()).unwrap()
}

pub(super) fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

pub(super) fn idempotency_key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text.as_bytes()).unwrap()
}

/// An active user with a password.
pub(super) fn user() -> User {
    User { id: user_id(), tenant_id: tenant_id(), ..mocks::user() }
}

pub(super) fn inactive_user() -> User {
    User { status: UserStatus::Inactive, ..user() }
}

/// A refresh token of [`user_id`], and its successor.
pub(super) fn refresh_tokens() -> (RefreshToken, RefreshToken) {
    let entropy = counting_entropy();
    let first = RefreshToken::first(user_id(), &random_bytes(&entropy).unwrap());
    let successor = first.successor(&random_bytes(&entropy).unwrap());
    (first, successor)
}

/// An access token that expires in a minute.
pub(super) fn live_access_token() -> LiveAccessToken {
    LiveAccessToken { id: token_id(), expires_at: NOW + time::Duration::MINUTE }
}

/// The keyed hash of emails and addresses.
pub(super) fn limit_keys() -> LimitKeys {
    LimitKeys::derive(b"secret")
}

/// A limiter that expects to forget the known addresses of [`email`].
pub(super) fn forgetting(forgotten: Result<(), PortError>) -> MockLoginLimiter {
    let mut limiter = MockLoginLimiter::new();
    let forget = limiter.expect_forget_addresses();
    let forget = forget.withf(|key, at| *key == limit_keys().email(&email()) && *at == request_time());
    forget.times(1).return_once(|_, _| forgotten);
    limiter
}

/// An issuer with the default lifetimes and these access tokens.
pub(super) fn issuer(access_tokens: MockAccessTokens) -> Arc<Issuer> {
    Arc::new(Issuer {
        access_tokens: Arc::new(access_tokens),
        entropy: Arc::new(counting_entropy()),
        policy: mocks::session_policy(),
    })
}

/// An error of this kind.
pub(super) fn port_error(kind: PortErrorKind) -> PortError {
    match kind {
        PortErrorKind::Unavailable => PortError::unavailable("unreachable"),
        PortErrorKind::Unanswered => PortError::unanswered("no answer"),
        PortErrorKind::Overloaded => PortError::overloaded("busy"),
        PortErrorKind::Corrupt => PortError::corrupt("contradiction"),
        PortErrorKind::Misconfigured => PortError::misconfigured("wrong key"),
    }
}

/// The recorded arguments of a mock.
pub(super) struct Seen<T>(Arc<Mutex<Vec<T>>>);

impl<T: Clone> Seen<T> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    pub(super) fn note(&self, value: T) {
        self.0.lock().unwrap().push(value);
    }

    pub(super) fn all(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }

    /// The arguments of the only call.
    pub(super) fn only(&self) -> T {
        let mut all = self.all();
        assert_eq!(all.len(), 1, "one call");
        all.remove(0)
    }
}

impl<T> Clone for Seen<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The error of a store that found a row with an unknown role.
pub(super) fn unreadable_row() -> PortError {
    PortError::corrupt(unreadable_user())
}

pub(super) fn unreadable_user() -> UnreadableUser {
    UnreadableUser { user_id: Some(user_id()), column: "role", expected: "0, 1, 10 or 20" }
}
