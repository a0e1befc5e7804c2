//! Fixtures: the ports under test that an adapter passes to a contract suite.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::attempt_window::{LimitBounds, LoginLimits};
use auth_domain::model::{
    ConcurrentRefresh, LegacyHolder, LegacyRefreshToken, RefreshLimits, SessionPolicy, UserId,
};
use auth_domain::ports::{
    AccessTokens, Denylist, LegacyRefreshTokens, PasswordHasher, SessionStore, UserRepository,
};
use futures_util::future::BoxFuture;

/// The lifetimes of the tokens and sessions of the contract suites. Refreshes have no limits.
pub const SESSION_POLICY: SessionPolicy = SessionPolicy {
    access_ttl: Duration::from_mins(15),
    refresh_ttl: Duration::from_hours(7 * 24),
    session_ttl: Duration::from_hours(90 * 24),
    reuse_leeway: Duration::from_secs(10),
    max_sessions: 1_000,
    concurrent_refresh: ConcurrentRefresh::Reject,
    refresh_limits: RefreshLimits { per_session: None, per_user: None },
};
/// The limit of failures per email, pair and address of a login limiter under test.
pub const LOGIN_LIMIT: u32 = 10;
/// The window of a login limiter under test.
pub const LOGIN_WINDOW: Duration = Duration::from_mins(5);
/// The limits of a login limiter under test.
pub const LOGIN_LIMITS: LoginLimits = LoginLimits {
    max_failures: LOGIN_LIMIT,
    max_failures_per_address: LOGIN_LIMIT,
    window: LOGIN_WINDOW,
    daily_failures: Some(100),
    known_for: Some(Duration::from_hours(30 * 24)),
    bounds: LimitBounds::SERVICE,
};
/// The margin of a denylist under test.
pub const DENYLIST_MARGIN: Duration = Duration::from_secs(305);

/// A port under test, new and empty.
pub struct Fixture<P: ?Sized> {
    /// The port.
    pub port: Arc<P>,
    /// A resource to drop after the test, such as a temporary folder or a server process.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// A session store under test, and the denylist that it writes to.
pub struct SessionFixture {
    /// The session store.
    pub sessions: Arc<dyn SessionStore>,
    /// The denylist for the access tokens of ended sessions.
    pub denylist: Arc<dyn Denylist>,
    /// A resource to drop after the test, such as a temporary folder or a server process.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Stores a token as the legacy service did when it issued one to a holder.
pub type Issue = Box<dyn Fn(LegacyRefreshToken, LegacyHolder) -> BoxFuture<'static, ()> + Send + Sync>;

/// The refresh tokens of the legacy service under test, and the stores that they depend on.
pub struct LegacyFixture {
    /// The legacy refresh tokens.
    pub tokens: Arc<dyn LegacyRefreshTokens>,
    /// The session store, whose `end_all` also rejects the legacy tokens of the user.
    pub sessions: Arc<dyn SessionStore>,
    /// The denylist for the access tokens of logout requests.
    pub denylist: Arc<dyn Denylist>,
    /// Issues a legacy token without the port.
    pub issue: Issue,
    /// A resource to drop after the test, such as a server process.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// A user repository under test, without users or tenants.
pub struct UserRepositoryFixture {
    /// The repository.
    pub users: Arc<dyn UserRepository>,
    /// Removes the password hash of a user. The port has no method for this.
    pub remove_password: Box<dyn Fn(UserId) -> BoxFuture<'static, ()> + Send + Sync>,
    /// A resource to drop after the test, such as a temporary folder or a server process.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// A password hasher under test.
///
/// A verification must cost some milliseconds, so that the 500 calls in `full_queue_returns_overloaded` cannot all be
/// served within their deadline of 300 ms.
pub struct PasswordHasherFixture {
    /// The hasher; it accepts legacy hashes.
    pub hasher: Arc<dyn PasswordHasher>,
    /// A hasher with other parameters, which are within the bounds of `hasher`.
    pub other_parameters: Arc<dyn PasswordHasher>,
    /// A resource to drop after the test.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Access tokens under test, with the issuer and audience of [`vectors::jws`](crate::vectors::jws).
pub struct AccessTokensFixture {
    /// Signs with the key of the vectors.
    pub tokens: Arc<dyn AccessTokens>,
    /// Signs with another key.
    pub other_key: Arc<dyn AccessTokens>,
    /// Signs with a new key, and accepts the key of the vectors as the previous one.
    pub rotated: Arc<dyn AccessTokens>,
    /// A resource to drop after the test.
    pub keep: Box<dyn Any + Send + Sync>,
}
