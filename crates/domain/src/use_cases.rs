//! The operations of the service.
//!
//! A use case checks first and commits last, so an error before the commit changes nothing. Some rejections end a session:
//! reuse, a user who is inactive or does not exist any more, and a user who moved to another tenant. Callers run a use case to
//! completion, also if the client has hung up.

mod end_sessions;
#[cfg(test)]
mod fixtures;
mod import_users;
mod issue;
mod list_sessions;
mod login;
mod logout;
mod manage_login_limit;
mod manage_users;
mod refresh;
mod verify_access_token;

pub use end_sessions::{EndAllSessionsError, EndSessions, EndSessionsError};
pub use import_users::{ImportAttempt, ImportOutcome, ImportUsers, UserToImport};
pub use issue::Issuer;
pub use list_sessions::ListSessions;
pub use login::{LoggedIn, Login, LoginCommand, LoginError, LoginRejection};
pub use logout::{Logout, LogoutCommand, LogoutError};
pub use manage_login_limit::ManageLoginLimit;
pub use manage_users::{Changed, CreateUser, Created, FirstPassword, ManageUsers, ManageUsersError};
pub use refresh::{Refresh, RefreshCommand, RefreshError, RefreshKind, RefreshRejection, Refreshed};
pub use verify_access_token::{VerifyAccessToken, VerifyAccessTokenError};
