//! What the service does, each case readable as its specification.
//!
//! Every case checks first and commits last: a failure before the one step that commits leaves
//! everything as it was. Callers let a case run to its end even when nobody waits for the answer.

mod clear_login_limit;
mod end_sessions;
#[cfg(test)]
mod fixtures;
mod issue;
mod list_sessions;
mod login;
mod logout;
mod manage_users;
mod refresh;
mod verify_access_token;

pub use clear_login_limit::ClearLoginLimit;
pub use end_sessions::{EndSessions, EndSessionsError};
pub use issue::Issuer;
pub use list_sessions::ListSessions;
pub use login::{LoggedIn, Login, LoginCommand, LoginError, LoginLimit, LoginRejection};
pub use logout::{Logout, LogoutCommand, LogoutError};
pub use manage_users::{Changed, CreateUser, ManageUsers, ManageUsersError};
pub use refresh::{Refresh, RefreshCommand, RefreshError, RefreshRejection, Refreshed};
pub use verify_access_token::{VerifyAccessToken, VerifyAccessTokenError};
