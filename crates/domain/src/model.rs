//! The values of the domain, and its rules. A value is checked when it is created.

pub mod attempt_window;
pub mod session_rules;

mod access_token;
mod client_address;
mod email;
mod ending;
mod event;
mod hash_format;
mod hash_parameters;
mod idempotency_key;
mod ids;
mod legacy_claim;
mod legacy_refresh_token;
mod limit_key;
mod limit_keys;
mod live_access_token;
mod login_attempt;
mod login_limit;
mod new_session;
mod password;
mod policy;
mod refresh_minute;
mod refresh_token;
mod request_time;
mod reservation;
mod retry;
mod rotation;
mod session;
mod session_record;
mod token_pair;
mod unix_microseconds;
mod user;

pub use access_token::{AccessClaims, AccessToken};
pub use client_address::ClientAddress;
pub use email::{Email, InvalidEmail};
pub use ending::{EndSession, Ending};
pub use event::Event;
pub use hash_format::{HashFormat, HashUse};
pub use hash_parameters::{HashParameters, HashParametersInUse};
pub use idempotency_key::{IdempotencyKey, InvalidIdempotencyKey};
pub use ids::{SessionId, TenantId, TokenId, UserId};
pub use legacy_claim::LegacyClaim;
pub use legacy_refresh_token::{LegacyHolder, LegacyRefreshToken, PresentedRefreshToken};
pub use limit_key::LimitKey;
pub use limit_keys::LimitKeys;
pub use live_access_token::LiveAccessToken;
pub use login_attempt::{LoginAttempt, Origin, TicketId};
pub use login_limit::{ClearedLimit, DailyFailures, EmailLimitStatus, LoginLimit};
pub use new_session::{NewSession, Predecessor};
pub use password::{InvalidPassword, Password, PasswordHash};
pub use policy::{ConcurrentRefresh, LoginPolicy, PasswordPolicy, RefreshLimits, SessionPolicy};
pub use refresh_minute::RefreshMinute;
pub use refresh_token::{RefreshToken, RefreshTokenDigest};
pub use request_time::RequestTime;
pub use reservation::{Reservation, Settlement, Ticket};
pub use retry::{RetryKey, RetryTag, SealedSuccessor};
pub use rotation::{RefreshLimit, Rotate, Rotation};
pub use session::{EndReason, MAX_LIVE_ACCESS_TOKENS, MAX_RETRIES, SessionRef, SessionSummary};
pub use session_record::{SessionRecord, SessionState};
pub use token_pair::TokenPair;
pub use unix_microseconds::{
    from_microseconds, from_unix_microseconds, to_microseconds, to_unix_microseconds,
};
pub use user::{NewUser, Role, User, UserStatus};
