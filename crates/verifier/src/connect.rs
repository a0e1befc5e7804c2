//! A guard on the platform's Redis, in one call.

use std::sync::Arc;
use std::time::Duration;

use auth_adapter_jwt::JwtAccessTokens;
pub use auth_adapter_jwt::{JwtConfig, SigningKey, WeakKey};
pub use auth_adapter_redis::{CopyState, RedisConfig};
use auth_adapter_redis::{RedisCachedDenylist, RedisDenylist, RedisStore};
use auth_domain::ports::Denylist;
use auth_domain::use_cases::VerifyAccessToken;
use thiserror::Error;

use crate::{SystemClock, TokenVerifier};

/// How a guard learns that a token was revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// Redis is asked for every request: a logout is true at once.
    #[default]
    Strict,
    /// A copy of the denylist is kept in the process, and a request costs Redis nothing: a logout is true within 50 ms as a
    /// rule, and within 2 s always.
    Cached,
}

/// What a guard has to know.
#[derive(Debug)]
pub struct VerifierConfig {
    /// Which access tokens are valid.
    pub jwt: JwtConfig,
    /// Where the denylist is.
    pub redis: RedisConfig,
    /// How it is asked.
    pub verification: Verification,
}

/// Why there can be no guard. Each text begins with the setting at fault, and never shows a secret.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// In [`VerifierConfig::jwt`].
    #[error(transparent)]
    Jwt(#[from] auth_adapter_jwt::ConfigError),
    /// In [`VerifierConfig::redis`].
    #[error(transparent)]
    Redis(#[from] auth_adapter_redis::ConfigError),
}

/// How a guard in the mode [`Verification::Cached`] is doing; cheap to clone.
#[derive(Clone)]
pub struct CopyWatch(RedisCachedDenylist);

impl VerifierConfig {
    /// Takes the key that the platform signs with and the address of its Redis; everything else is as the platform has it:
    /// its issuer and audience, [`Verification::Strict`], and the system's certificate authorities.
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
    /// Makes a guard that verifies in this process: no request goes to the login service.
    ///
    /// No connection is made before one is needed: a Redis that is away is an outage, 503, until it comes. In the mode
    /// [`Verification::Cached`] it has to be called within a tokio runtime, which `#[actix_web::main]` is.
    ///
    /// # Errors
    /// [`ConnectError`] where a setting cannot be used.
    pub fn connect(config: VerifierConfig) -> Result<Self, ConnectError> {
        Self::connect_watched(config).map(|(verifier, _)| verifier)
    }

    /// Makes a guard as [`connect`](Self::connect) does, and with it what metrics are made of where it keeps a copy.
    ///
    /// # Errors
    /// [`ConnectError`] where a setting cannot be used.
    pub fn connect_watched(config: VerifierConfig) -> Result<(Self, Option<CopyWatch>), ConnectError> {
        let access_tokens = Arc::new(JwtAccessTokens::new(config.jwt)?);
        let clock = Arc::new(SystemClock);
        let store = RedisStore::new(config.redis, clock.clone())?;
        let (denylist, watch): (Arc<dyn Denylist>, _) = match config.verification {
            Verification::Strict => (Arc::new(RedisDenylist::new(&store)), None),
            Verification::Cached => {
                let cached = RedisCachedDenylist::follow(&store);
                (Arc::new(cached.clone()), Some(CopyWatch(cached)))
            }
        };
        Ok((Self::new(VerifyAccessToken { access_tokens, denylist }, clock), watch))
    }
}

impl CopyWatch {
    /// What other processes revoke is known here within this time in 99 of 100 cases.
    pub const USUAL_LAG: Duration = RedisCachedDenylist::USUAL_LAG;
    /// And within this time always: later, the copy is not asked.
    pub const LONGEST_LAG: Duration = RedisCachedDenylist::LEASE;

    /// Returns how the copy is doing.
    #[must_use]
    pub fn state(&self) -> CopyState {
        self.0.state()
    }

    /// Tells `observer`, about twice a second, after what time the copy had learned of all that Redis had acknowledged
    /// before: for a histogram beside the bounds. A second observer is not heard.
    pub fn observe(&self, observer: impl Fn(Duration) + Send + Sync + 'static) {
        self.0.observe(observer);
    }
}
