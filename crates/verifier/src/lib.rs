#![doc = include_str!("../README.md")]

mod auth_error;
mod bearer;
mod caller;
mod clock;
#[cfg(feature = "redis")]
mod connect;
mod extractor;
mod rejection_log;
mod require_role;
mod token_verifier;

pub use auth_domain::model::{Email, Role, SessionId, TenantId, TokenId, UserId};
pub use auth_domain::use_cases::{VerifyAccessToken, VerifyAccessTokenError};

pub use auth_error::{AuthError, outage_retry_after};
pub use bearer::{bearer, is_bearer_token};
pub use caller::Caller;
pub use clock::SystemClock;
#[cfg(feature = "redis")]
pub use connect::{
    CacheMetrics, ConnectError, DenylistCacheState, JwtConfig, RedisConfig, SigningKey, Verification,
    VerifierConfig, WeakKey,
};
pub use rejection_log::RejectionLogged;
pub use require_role::RequireRole;
pub use token_verifier::TokenVerifier;
