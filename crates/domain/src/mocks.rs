//! A mock of every port, and values for unit tests.
//!
//! Enable the feature `mocks` under `[dev-dependencies]`. Expectations are set as `mockall` documents them. The README of the
//! crate has an example.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::model::{
    AccessToken, ConcurrentRefresh, Email, LoginPolicy, PasswordHash, PasswordPolicy, RefreshLimits,
    RequestTime, Reservation, Role, SessionPolicy, TenantId, Ticket, User, UserId, UserStatus,
};
pub use crate::ports::mocked::*;
use crate::use_cases::Issuer;

/// The time of a request that starts at `now`, with five seconds until its deadline.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "an `Instant` cannot be constructed, only read")]
pub fn request_time(now: OffsetDateTime) -> RequestTime {
    RequestTime::new(now, Instant::now(), Duration::from_secs(5))
}

/// An active user with the role of an administrator and a password.
#[must_use]
pub fn user() -> User {
    User {
        id: UserId::from_random_bytes([1; 16]),
        tenant_id: TenantId::from_random_bytes([2; 16]),
        email: Email::from_trusted("owner@example.com".to_owned()),
        password_hash: Some(PasswordHash::new("stored".to_owned())),
        status: UserStatus::Active,
        role: Role::Admin,
        created_at: OffsetDateTime::UNIX_EPOCH,
    }
}

/// A clock that always returns `now` and `instant`, and whose sleeps return at once.
#[must_use]
pub fn fixed_clock(now: OffsetDateTime, instant: Instant) -> MockClock {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(now);
    clock.expect_instant().return_const(instant);
    clock.expect_sleep_until().return_const(());
    clock
}

/// Randomness that is not random: every byte is one more than the byte before.
#[must_use]
pub fn counting_entropy() -> MockEntropy {
    let mut entropy = MockEntropy::new();
    let next = AtomicU8::new(1);
    entropy.expect_fill().returning(move |bytes| {
        bytes.fill_with(|| next.fetch_add(1, Ordering::Relaxed));
        Ok(())
    });
    entropy
}

/// A limiter that reserves every attempt, accepts every outcome, and forgets every known address.
#[must_use]
pub fn permissive_limiter() -> MockLoginLimiter {
    let mut limiter = MockLoginLimiter::new();
    limiter
        .expect_reserve()
        .returning(|attempt, _| Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false })));
    limiter.expect_settle().returning(|_, _, _| Ok(()));
    limiter.expect_forget_addresses().returning(|_, _| Ok(()));
    limiter
}

/// Access tokens whose text is their `jti`.
#[must_use]
pub fn signing_access_tokens() -> MockAccessTokens {
    let mut access_tokens = MockAccessTokens::new();
    access_tokens.expect_issue().returning(|claims| Ok(AccessToken::new(claims.token_id.to_string())));
    access_tokens
}

/// The lifetimes of tokens and sessions in tests: the defaults of the service.
#[must_use]
pub const fn session_policy() -> SessionPolicy {
    SessionPolicy {
        access_ttl: Duration::from_mins(15),
        refresh_ttl: Duration::from_hours(7 * 24),
        session_ttl: Duration::from_hours(90 * 24),
        reuse_leeway: Duration::from_secs(10),
        max_sessions: 1_000,
        concurrent_refresh: ConcurrentRefresh::Reject,
        refresh_limits: RefreshLimits { per_session: NonZeroU32::new(60), per_user: NonZeroU32::new(300) },
    }
}

/// The rules of a login in tests: the defaults of the service.
#[must_use]
pub const fn login_policy() -> LoginPolicy {
    LoginPolicy { queue_wait: Duration::from_secs(2), upgrade_hashes: true }
}

/// The rule for new passwords in tests: the default of the service.
#[must_use]
pub const fn password_policy() -> PasswordPolicy {
    PasswordPolicy { min_length: 15 }
}

/// An issuer with [`signing_access_tokens`], [`counting_entropy`] and [`session_policy`].
#[must_use]
pub fn issuer() -> Arc<Issuer> {
    Arc::new(Issuer {
        access_tokens: Arc::new(signing_access_tokens()),
        entropy: Arc::new(counting_entropy()),
        policy: session_policy(),
    })
}
