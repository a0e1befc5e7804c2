//! What the service does, each case readable as its specification.
//!
//! Every case checks first and commits last: a failure before the one step that commits leaves
//! everything as it was. Callers let a case run to its end even when nobody waits for the answer.

#[cfg(test)]
mod fixtures;
mod issue;
mod login;
mod logout;
mod manage_users;
mod refresh;
mod verify_access_token;

pub use issue::Issuer;
pub use login::{LoggedIn, Login, LoginCommand, LoginError, LoginLimit, LoginRejection};
pub use logout::{Logout, LogoutCommand, LogoutError};
pub use manage_users::{Changed, CreateUser, ManageUsers, ManageUsersError};
pub use refresh::{Refresh, RefreshCommand, RefreshError, RefreshRejection, Refreshed};
pub use verify_access_token::{VerifyAccessToken, VerifyAccessTokenError};
