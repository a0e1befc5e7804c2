//! The ports for sessions, refresh tokens, the denylist, and access tokens.

mod access_tokens;
mod denylist;
mod legacy_refresh_tokens;
mod session_store;

pub use access_tokens::{AccessTokens, InvalidAccessToken};
pub use denylist::Denylist;
pub use legacy_refresh_tokens::LegacyRefreshTokens;
pub use session_store::SessionStore;

#[cfg(any(test, feature = "mocks"))]
pub use {
    access_tokens::MockAccessTokens, denylist::MockDenylist, legacy_refresh_tokens::MockLegacyRefreshTokens,
    session_store::MockSessionStore,
};
