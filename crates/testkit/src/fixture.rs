//! What an adapter hands to a contract suite.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::{LegacyHolder, LegacyRefreshToken, SessionPolicy, UserId};
use auth_domain::ports::{
    AccessTokens, Denylist, LegacyRefreshTokens, PasswordHasher, SessionStore, UserRepository,
};
use futures_util::future::BoxFuture;

/// The lifetimes of the tokens and sessions of the contract suites.
pub const SESSION_POLICY: SessionPolicy = SessionPolicy {
    access_ttl: Duration::from_mins(15),
    refresh_ttl: Duration::from_hours(7 * 24),
    session_ttl: Duration::from_hours(90 * 24),
    reuse_leeway: Duration::from_secs(10),
    max_sessions: 1_000,
};
/// The limit that a limiter under test is made with.
pub const LOGIN_LIMIT: u32 = 10;
/// The window that a limiter under test is made with.
pub const LOGIN_WINDOW: Duration = Duration::from_mins(5);
/// The margin that a denylist under test is made with.
pub const DENYLIST_MARGIN: Duration = Duration::from_secs(305);

/// A port under test, fresh and empty, with whatever it needs to stay alive.
pub struct Fixture<P: ?Sized> {
    /// The port.
    pub port: Arc<P>,
    /// Dropped after the test: a temporary folder, a server process.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// A session store under test with the denylist that it writes to.
pub struct SessionFixture {
    /// The session store.
    pub sessions: Arc<dyn SessionStore>,
    /// The denylist that learns of the access tokens of ended sessions.
    pub denylist: Arc<dyn Denylist>,
    /// Dropped after the test: a temporary folder, a server process.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// What the former service does: it issues a token to a holder.
pub type Issue = Box<dyn Fn(LegacyRefreshToken, LegacyHolder) -> BoxFuture<'static, ()> + Send + Sync>;

/// The refresh tokens of a former service under test, with the stores that they have to agree with.
pub struct LegacyFixture {
    /// The tokens.
    pub tokens: Arc<dyn LegacyRefreshTokens>,
    /// Where ending all sessions of a user rejects his tokens, too.
    pub sessions: Arc<dyn SessionStore>,
    /// The denylist that learns of access tokens logged out with.
    pub denylist: Arc<dyn Denylist>,
    /// Writes a token behind the port, as the former service did.
    pub issue: Issue,
    /// Dropped after the test: a server process.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// A user repository under test, without users and without tenants.
pub struct UserRepositoryFixture {
    /// The repository.
    pub users: Arc<dyn UserRepository>,
    /// Takes a user's password hash away behind the port, which has no way to do so.
    pub drop_password: Box<dyn Fn(UserId) -> BoxFuture<'static, ()> + Send + Sync>,
    /// Dropped after the test: a temporary folder, a server process.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// A password hasher under test.
///
/// One verification has to cost some milliseconds, so that the flood of five hundred in
/// `full_queue_is_overloaded` cannot be finished in the 300 ms that it is given.
pub struct PasswordHasherFixture {
    /// The hasher, with the older format switched on.
    pub hasher: Arc<dyn PasswordHasher>,
    /// One of other parameters, also within the bounds of `hasher`.
    pub other_parameters: Arc<dyn PasswordHasher>,
    /// Dropped after the test.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// Access tokens under test, made with the issuer and audience of [`vectors::jws`](crate::vectors::jws).
pub struct AccessTokensFixture {
    /// Has the key of the vectors.
    pub tokens: Arc<dyn AccessTokens>,
    /// Has some other key.
    pub other_key: Arc<dyn AccessTokens>,
    /// Signs with a new key; the key of the vectors is a previous one.
    pub rotated: Arc<dyn AccessTokens>,
    /// Dropped after the test.
    pub keep: Box<dyn Any + Send + Sync>,
}
