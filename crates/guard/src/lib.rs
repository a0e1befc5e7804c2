#![doc = include_str!("../README.md")]

mod bearer;
mod caller;
mod clock;
#[cfg(feature = "redis")]
mod connect;
mod guard;
mod refusal;
mod require_role;

pub use auth_domain::model::{Email, Role, SessionId, TenantId, TokenId, UserId};
pub use auth_domain::use_cases::{VerifyAccessToken, VerifyAccessTokenError};

pub use bearer::{bearer, is_bearer_token};
pub use caller::Caller;
pub use clock::SystemClock;
#[cfg(feature = "redis")]
pub use connect::{
    ConnectError, CopyState, CopyWatch, GuardConfig, JwtConfig, RedisConfig, SigningKey, Verification,
    WeakKey,
};
pub use guard::Guard;
pub use refusal::{Refusal, outage_retry_after};
pub use require_role::RequireRole;
