//! Users, sessions and tokens to test with. Every call makes new ones.

use std::time::Duration;

use auth_domain::model::{
    AccessClaims, Email, IdempotencyKey, LegacyRefreshToken, LimitKey, LiveAccessToken, NewSession, NewUser,
    Password, PasswordHash, RefreshToken, RetryKey, Role, Rotate, TenantId, TokenId, UserId,
};
use auth_domain::ports::{Entropy, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use crate::{SESSION_POLICY, TestEntropy};

/// Returns a new user's id.
#[must_use]
pub fn a_user_id() -> UserId {
    UserId::from_random_bytes(*random_bytes(&TestEntropy).unwrap())
}

/// Returns the id of a tenant that no store knows.
#[must_use]
pub fn a_tenant_id() -> TenantId {
    TenantId::from_random_bytes(*random_bytes(&TestEntropy).unwrap())
}

/// Returns an email that nobody else has.
#[must_use]
pub fn an_email() -> Email {
    Email::parse(&format!("{}@example.com", a_user_id().as_uuid().simple())).unwrap()
}

/// Returns a user to insert, whose password hash no password fits.
#[must_use]
pub fn a_user(tenant_id: TenantId) -> NewUser {
    let id = a_user_id();
    NewUser {
        id,
        tenant_id,
        email: an_email(),
        password_hash: PasswordHash::new(format!("$argon2id$hash of {id}")),
        role: Role::Admin,
    }
}

/// Returns a password.
#[must_use]
pub fn a_password(text: &str) -> Password {
    Password::parse(text.to_owned()).unwrap()
}

/// Returns an access token that is issued at `now` and lives as long as the policy's default says.
#[must_use]
pub fn an_access_token(now: OffsetDateTime) -> LiveAccessToken {
    let issued_at = now.replace_nanosecond(0).unwrap();
    LiveAccessToken {
        id: TokenId::from_random_bytes(*random_bytes(&TestEntropy).unwrap()),
        expires_at: issued_at + SESSION_POLICY.access_ttl,
    }
}

/// Returns what such a token says, of somebody with this role.
#[must_use]
pub fn claims_of(token: LiveAccessToken, role: Role) -> AccessClaims {
    AccessClaims {
        token_id: token.id,
        user_id: a_user_id(),
        tenant_id: a_tenant_id(),
        email: an_email(),
        role,
        session_id: None,
        issued_at: None,
        expires_at: token.expires_at,
    }
}

/// Returns a refresh token as the former service would have issued it.
#[must_use]
pub fn a_legacy_token() -> LegacyRefreshToken {
    let mut bytes = [0; 32];
    TestEntropy.fill(&mut bytes).unwrap();
    LegacyRefreshToken::parse(&URL_SAFE_NO_PAD.encode(bytes)).unwrap()
}

/// Returns a session to open at `now`, with the lifetimes of the default policy.
#[must_use]
pub fn a_session(user_id: UserId, now: OffsetDateTime) -> TestSession {
    let policy = SESSION_POLICY;
    let token = RefreshToken::first(user_id, &random_bytes(&TestEntropy).unwrap());
    let opening = NewSession {
        refresh_token: token.digest(),
        tenant_id: a_tenant_id(),
        access_token: an_access_token(now),
        expires_at: now + policy.refresh_ttl,
        ends_at: now + policy.session_ttl,
        max_sessions: policy.max_sessions,
    };
    TestSession { token, opening }
}

/// A session with the first refresh token that its holder got.
#[derive(Clone, Debug)]
pub struct TestSession {
    /// The first refresh token.
    pub token: RefreshToken,
    /// What the store is told.
    pub opening: NewSession,
}

impl TestSession {
    /// Returns the rotation of any token of this session, as the refresh use case asks for it at `now`.
    #[must_use]
    pub fn rotation(&self, presented: &RefreshToken, now: OffsetDateTime) -> RotationAttempt {
        let policy = SESSION_POLICY;
        let successor = presented.successor(&random_bytes(&TestEntropy).unwrap());
        let rotate = Rotate {
            presented: presented.digest(),
            successor: successor.digest(),
            tenant_id: self.opening.tenant_id,
            access_token: an_access_token(now),
            expires_at: now + policy.refresh_ttl,
            retry: None,
            reuse_leeway: policy.reuse_leeway,
            rotated_from: None,
            released: None,
        };
        RotationAttempt { presented: presented.clone(), successor, rotate }
    }
}

/// A rotation to try, with the tokens that only its caller knows.
#[derive(Clone, Debug)]
pub struct RotationAttempt {
    /// The refresh token that is presented.
    pub presented: RefreshToken,
    /// The refresh token to become current.
    pub successor: RefreshToken,
    /// What the store is told.
    pub rotate: Rotate,
}

impl RotationAttempt {
    /// Asks for a safe retry under an idempotency key.
    #[must_use]
    pub fn keyed(mut self, key: &str) -> Self {
        self.rotate.retry =
            Some(self.retry_key(key).seal(&self.successor, *random_bytes(&TestEntropy).unwrap()));
        self
    }

    /// Sets the address that the call comes from.
    #[must_use]
    pub const fn rotated_from(mut self, address: LimitKey) -> Self {
        self.rotate.rotated_from = Some(address);
        self
    }

    /// Sets the time in which the predecessor ends nothing.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.rotate.reuse_leeway = leeway;
        self
    }

    /// Returns the key that opens what this presented token's successor was sealed into.
    #[must_use]
    pub fn retry_key(&self, key: &str) -> RetryKey {
        RetryKey::derive(&self.presented, &IdempotencyKey::parse(key.as_bytes()).unwrap())
    }
}
