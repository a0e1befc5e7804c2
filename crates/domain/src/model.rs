//! The values that the rest of the program speaks in. Each one is checked when it is made.

mod access_token;
mod client_address;
mod email;
mod hash_parameters;
mod idempotency_key;
mod ids;
mod legacy_refresh_token;
mod live_access_token;
mod login_attempt;
mod micros;
mod password;
mod policy;
mod refresh_token;
mod replay;
mod session;
mod timing;
mod token_pair;
mod user;

pub use access_token::{AccessClaims, AccessToken};
pub use client_address::ClientAddress;
pub use email::{Email, InvalidEmail};
pub use hash_parameters::{HashParameters, HashParametersInUse};
pub use idempotency_key::{IdempotencyKey, InvalidIdempotencyKey};
pub use ids::{SessionId, TenantId, TokenId, UserId};
pub use legacy_refresh_token::{LegacyHolder, LegacyRefreshToken, PresentedRefreshToken};
pub use live_access_token::LiveAccessToken;
pub use login_attempt::{AxisKey, AxisKeys, LoginAttempt, TicketId};
pub use micros::{duration_from_micros, micros, span_in_micros, time_from_micros};
pub use password::{InvalidPassword, Password, PasswordHash};
pub use policy::{LoginPolicy, PasswordPolicy, SessionPolicy};
pub use refresh_token::{RefreshToken, RefreshTokenDigest};
pub use replay::{ReplayKey, ReplayTag, SealedReplay};
pub use session::{EndReason, MAX_LIVE_ACCESS_TOKENS, SessionRef, SessionSummary};
pub use timing::Timing;
pub use token_pair::TokenPair;
pub use user::{NewUser, Role, User, UserStatus};
