//! The interfaces between the use cases and the adapters.
//!
//! Each trait states its contract in MUST words. The names in brackets are the cases of the contract suite (`auth-testkit`)
//! that prove the line. To write an adapter:
//!
//! 1. implement the trait, and translate the errors of the driver into [`PortError`] in one `error.rs`;
//! 2. run the contract suite on it, one macro line in `tests/contract.rs`;
//! 3. name it in one arm of `compose.rs` in the server.
//!
//! Expected outcomes are values; [`PortError`] is for errors.

mod check;
mod clock;
mod credentials;
mod entropy;
mod error;
mod login_limiter;
mod password_strength;
mod tokens;
mod unreadable_user;
mod user_counts;

pub use check::{Check, Severity};
pub use clock::{Clock, start_request};
pub use credentials::{
    Admission, Credential, Deletion, Insertion, PasswordCheck, PasswordHasher, Replacement, TurnCost,
    UserCursor, UserPage, UserRepository,
};
pub use entropy::{Entropy, random_bytes};
pub use error::{PortError, PortErrorKind};
pub use login_limiter::LoginLimiter;
pub use password_strength::{PasswordStrength, PasswordWeakness};
pub use tokens::{AccessTokens, Denylist, InvalidAccessToken, LegacyRefreshTokens, SessionStore};
pub use unreadable_user::UnreadableUser;
pub use user_counts::UserCounts;

#[cfg(any(test, feature = "mocks"))]
pub(crate) mod mocked {
    pub use super::clock::MockClock;
    pub use super::credentials::{MockPasswordHasher, MockUserRepository};
    pub use super::entropy::MockEntropy;
    pub use super::login_limiter::MockLoginLimiter;
    pub use super::password_strength::MockPasswordStrength;
    pub use super::tokens::{MockAccessTokens, MockDenylist, MockLegacyRefreshTokens, MockSessionStore};
}
