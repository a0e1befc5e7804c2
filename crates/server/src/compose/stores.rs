//! The ports of the stores, for each set of connections.

use std::sync::Arc;

use auth_domain::ports::{Denylist, LegacyRefreshTokens, LoginLimiter, SessionStore, UserRepository};

use crate::dependency::DenylistCache;

/// The ports of the stores that a request uses, on one set of connections.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) users: Arc<dyn UserRepository>,
    pub(crate) tokens: TokenPorts,
}

/// The ports of the store of tokens, without the login limiter.
#[derive(Clone)]
pub(crate) struct TokenPorts {
    pub(crate) sessions: Arc<dyn SessionStore>,
    pub(crate) denylist: Arc<dyn Denylist>,
    /// The denylist for protected endpoints: the store, or the cache (`TOKENS__VERIFICATION`).
    pub(crate) verification: Arc<dyn Denylist>,
    /// The refresh tokens of the legacy service, if the store can have them.
    pub(crate) legacy: Option<Arc<dyn LegacyRefreshTokens>>,
}

/// A set of connections.
#[derive(Clone, Copy)]
pub(super) enum ConnectionSet {
    /// The connections for everything that is not a request.
    Process,
    /// The connections of a worker.
    Worker(usize),
}

/// Returns the ports on a set of connections.
pub(super) type On<T> = Box<dyn Fn(ConnectionSet) -> T>;

/// The store of tokens.
pub(super) struct TokenStore {
    pub(super) ports: On<TokenPorts>,
    pub(super) limiter: Arc<dyn LoginLimiter>,
    pub(super) denylist_cache: Option<Arc<dyn DenylistCache>>,
}
