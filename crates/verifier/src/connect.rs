//! A [`TokenVerifier`] with the Redis of the HookSentry platform.

use std::sync::Arc;
use std::time::Duration;

use auth_adapter_jwt::JwtAccessTokens;
pub use auth_adapter_jwt::{JwtConfig, SigningKey, WeakKey};
use auth_adapter_redis::{CachingDenylist, RedisDenylist, RedisStore, RevocationPolicy};
pub use auth_adapter_redis::{DenylistCacheState, RedisConfig};
use auth_domain::ports::Denylist;
use auth_domain::use_cases::VerifyAccessToken;
use thiserror::Error;

use crate::clock::SystemClock;
use crate::token_verifier::TokenVerifier;

/// The lifetimes of access tokens and denylist entries on the HookSentry platform. A verifier writes no entries; this is
/// how long its cache keeps one that Redis has lost.
const REVOCATION: RevocationPolicy =
    RevocationPolicy { access_ttl: Duration::from_mins(15), denylist_margin: Duration::from_secs(305) };

/// How a verifier learns that a token was revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// Redis is asked for every request. A logout takes effect at once.
    #[default]
    Strict,
    /// The process keeps a cache of the denylist. A logout takes effect within 50 ms in 99 of 100 cases, and within 2 s
    /// at the latest.
    Cached,
}

/// The configuration of a verifier.
#[derive(Debug)]
pub struct VerifierConfig {
    /// The keys, issuer and audience of valid access tokens.
    pub jwt: JwtConfig,
    /// The address of the Redis server with the denylist.
    pub redis: RedisConfig,
    /// How the denylist is used.
    pub verification: Verification,
}

/// An unusable configuration. Each message has the name of the setting of the login service, the problem and the remedy,
/// and no secret.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// An error in [`VerifierConfig::jwt`].
    #[error(transparent)]
    Jwt(#[from] auth_adapter_jwt::ConfigError),
    /// An error in [`VerifierConfig::redis`].
    #[error(transparent)]
    Redis(#[from] auth_adapter_redis::ConfigError),
    /// [`Verification::Cached`] with a Redis Cluster, where each primary has a part of the denylist.
    #[error(
        "TOKENS__VERIFICATION: the denylist of a Redis Cluster cannot be cached; use Verification::Strict"
    )]
    CachedCluster,
}

/// Metrics of the denylist cache of [`Verification::Cached`]. A clone refers to the same cache.
#[derive(Clone)]
pub struct CacheMetrics(CachingDenylist);

impl VerifierConfig {
    /// Returns a configuration with the defaults of the HookSentry platform: its issuer and audience,
    /// [`Verification::Strict`], and the certificate authorities of the system.
    ///
    /// `key` is the key that the login service signs with, and `redis_url` the address of its Redis server.
    #[must_use]
    pub fn new(key: SigningKey, redis_url: String) -> Self {
        Self {
            jwt: JwtConfig::new(key),
            redis: RedisConfig::new(redis_url),
            verification: Verification::default(),
        }
    }
}

impl TokenVerifier {
    /// Makes a verifier that verifies in this process, without a request to the login service.
    ///
    /// It connects when the first token is verified; until Redis is reachable, the response is 503. For
    /// [`Verification::Cached`], call it within a tokio runtime, such as `#[actix_web::main]`.
    ///
    /// # Errors
    /// [`ConnectError`] if a value of `config` is unusable.
    pub fn connect(config: VerifierConfig) -> Result<Self, ConnectError> {
        Self::connect_with_metrics(config).map(|(verifier, _)| verifier)
    }

    /// As [`connect`](Self::connect), and returns the metrics of the denylist cache if there is one.
    ///
    /// # Errors
    /// [`ConnectError`] if a value of `config` is unusable.
    pub fn connect_with_metrics(
        config: VerifierConfig,
    ) -> Result<(Self, Option<CacheMetrics>), ConnectError> {
        let access_tokens = Arc::new(JwtAccessTokens::new(config.jwt)?);
        let clock = Arc::new(SystemClock);
        let store = RedisStore::new(&config.redis, clock.clone())?;
        let (denylist, metrics): (Arc<dyn Denylist>, _) = match config.verification {
            Verification::Strict => (Arc::new(RedisDenylist::new(&store, REVOCATION)), None),
            Verification::Cached if config.redis.is_cluster() => return Err(ConnectError::CachedCluster),
            Verification::Cached => {
                let cached = CachingDenylist::start(&store, REVOCATION);
                (Arc::new(cached.clone()), Some(CacheMetrics(cached)))
            }
        };
        Ok((Self::new(VerifyAccessToken { access_tokens, denylist }, clock), metrics))
    }
}

impl CacheMetrics {
    /// The time until a revocation is in the cache, in 99 of 100 cases.
    pub const USUAL_LAG: Duration = CachingDenylist::USUAL_LAG;
    /// The longest time until a revocation is in the cache. A cache that is older is not used.
    pub const LONGEST_LAG: Duration = CachingDenylist::MAX_LAG;

    /// Returns the state of the cache.
    #[must_use]
    pub fn state(&self) -> DenylistCacheState {
        self.0.state()
    }

    /// Calls `observer` about twice a second with the present lag of the cache, for a histogram. Only the first observer is
    /// called.
    pub fn observe(&self, observer: impl Fn(Duration) + Send + Sync + 'static) {
        self.0.observe_lag(observer);
    }
}
