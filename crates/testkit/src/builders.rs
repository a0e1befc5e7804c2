//! Builders of users, sessions and tokens for tests. Every call returns a new value.

use std::num::NonZeroU32;
use std::time::Duration;

use auth_domain::model::{
    AccessClaims, ConcurrentRefresh, Email, IdempotencyKey, LegacyRefreshToken, LimitKey, LiveAccessToken,
    NewSession, NewUser, Password, PasswordHash, RefreshLimits, RefreshToken, RetryKey, Role, Rotate,
    SealedSuccessor, TenantId, TokenId, UserId, UserStatus,
};
use auth_domain::ports::{Entropy, random_bytes};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use crate::{SESSION_POLICY, START, TestEntropy};

/// Returns a new user id.
#[must_use]
pub fn a_user_id() -> UserId {
    UserId::from_random_bytes(*random_bytes(&TestEntropy).unwrap())
}

/// Returns a new tenant id, of a tenant that no store has.
#[must_use]
pub fn a_tenant_id() -> TenantId {
    TenantId::from_random_bytes(*random_bytes(&TestEntropy).unwrap())
}

/// Returns a new, unique email.
#[must_use]
pub fn an_email() -> Email {
    Email::parse(&format!("{}@example.com", a_user_id().as_uuid().simple())).unwrap()
}

/// Returns a new user to insert. No password matches its password hash.
#[must_use]
pub fn a_user(tenant_id: TenantId) -> NewUser {
    let id = a_user_id();
    NewUser {
        id,
        tenant_id,
        email: an_email(),
        password_hash: Some(PasswordHash::new(format!("$argon2id$hash of {id}"))),
        status: UserStatus::Active,
        role: Role::Admin,
        created_at: START,
    }
}

/// Returns `text` as a password.
#[must_use]
pub fn a_password(text: &str) -> Password {
    Password::parse(text.to_owned()).unwrap()
}

/// Returns an access token that is issued at `now`, with the lifetime of [`SESSION_POLICY`].
#[must_use]
pub fn an_access_token(now: OffsetDateTime) -> LiveAccessToken {
    let issued_at = now.replace_nanosecond(0).unwrap();
    LiveAccessToken {
        id: TokenId::from_random_bytes(*random_bytes(&TestEntropy).unwrap()),
        expires_at: issued_at + SESSION_POLICY.access_ttl,
    }
}

/// Returns the claims of an access token for a new user with this role.
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

/// Returns a refresh token in the format of the legacy service.
#[must_use]
pub fn a_legacy_token() -> LegacyRefreshToken {
    let mut bytes = [0; 32];
    TestEntropy.fill(&mut bytes).unwrap();
    LegacyRefreshToken::parse(&URL_SAFE_NO_PAD.encode(bytes)).unwrap()
}

/// Returns a session to open at `now`, with the lifetimes of [`SESSION_POLICY`].
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
        predecessor: None,
    };
    TestSession { token, opening }
}

/// A session to open, with its first refresh token in plain text.
#[derive(Clone, Debug)]
pub struct TestSession {
    /// The first refresh token.
    pub token: RefreshToken,
    /// The parameter of `SessionStore::open`.
    pub opening: NewSession,
}

impl TestSession {
    /// Returns the rotation of a token of this session at `now`, as the refresh use case requests it.
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
            concurrent_refresh: policy.concurrent_refresh,
            limits: policy.refresh_limits,
            reuse_leeway: policy.reuse_leeway,
            rotated_from: None,
            released: None,
            releases_oldest: false,
            is_repeat: false,
        };
        RotationAttempt { presented: presented.clone(), successor, rotate }
    }
}

/// A rotation to attempt, with both refresh tokens in plain text.
#[derive(Clone, Debug)]
pub struct RotationAttempt {
    /// The presented refresh token.
    pub presented: RefreshToken,
    /// The refresh token that becomes current if the rotation succeeds.
    pub successor: RefreshToken,
    /// The parameter of `SessionStore::rotate`.
    pub rotate: Rotate,
}

impl RotationAttempt {
    /// Adds an idempotency key, which makes a retry possible.
    #[must_use]
    pub fn keyed(mut self, key: &str) -> Self {
        self.rotate.retry = Some(self.sealed(Some(key)));
        self
    }

    /// Shares the successor with other calls, and asks for the one of an earlier call.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.rotate.concurrent_refresh = ConcurrentRefresh::Share;
        if self.rotate.retry.is_none() {
            self.rotate.retry = Some(self.sealed(None));
        }
        self
    }

    /// Sets the limits of refreshes in a minute for a session and a user; 0 is no limit.
    #[must_use]
    pub const fn limited(mut self, per_session: u32, per_user: u32) -> Self {
        let (per_session, per_user) = (NonZeroU32::new(per_session), NonZeroU32::new(per_user));
        self.rotate.limits = RefreshLimits { per_session, per_user };
        self
    }

    /// Makes this the repeat of a call that got no answer.
    #[must_use]
    pub const fn repeated(mut self) -> Self {
        self.rotate.is_repeat = true;
        self
    }

    /// Sets the client address that the rotation comes from.
    #[must_use]
    pub const fn rotated_from(mut self, address: LimitKey) -> Self {
        self.rotate.rotated_from = Some(address);
        self
    }

    /// Sets the grace period for the predecessor.
    #[must_use]
    pub fn with_grace_period(mut self, grace_period: Duration) -> Self {
        self.rotate.reuse_leeway = grace_period;
        self
    }

    /// Returns the successor that an earlier call with the presented token sealed; `None` if it was another token.
    #[must_use]
    pub fn open(&self, sealed: &SealedSuccessor) -> Option<RefreshToken> {
        self.retry_key(None).open(sealed)
    }

    fn sealed(&self, key: Option<&str>) -> SealedSuccessor {
        self.retry_key(key).seal(&self.successor, *random_bytes(&TestEntropy).unwrap())
    }

    fn retry_key(&self, key: Option<&str>) -> RetryKey {
        let key = key.map(|key| IdempotencyKey::parse(key.as_bytes()).unwrap());
        RetryKey::derive(self.presented.expose_bytes(), key.as_ref())
    }
}
