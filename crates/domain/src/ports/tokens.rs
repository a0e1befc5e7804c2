//! The token ports: sessions with their refresh tokens, the denylist, and the access tokens.

mod access_tokens;
mod denylist;
mod session_store;

pub use access_tokens::{AccessTokens, InvalidAccessToken};
pub use denylist::Denylist;
pub use session_store::{EndSession, Ending, NewSession, Rotate, Rotation, SessionStore};

#[cfg(any(test, feature = "mocks"))]
pub use {access_tokens::MockAccessTokens, denylist::MockDenylist, session_store::MockSessionStore};
