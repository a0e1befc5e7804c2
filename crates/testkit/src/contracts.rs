//! The contract suites: one module per port, one function per obligation, named as the port's documentation names it.

pub mod access_tokens;
pub mod denylist;
pub mod legacy_refresh_tokens;
pub mod login_limiter;
pub mod password_hasher;
pub mod session_store;
pub mod user_repository;

use auth_domain::ports::{PortError, PortErrorKind};

/// A call that came too late is told that the part behind the port did not answer in time.
fn assert_unavailable<T>(result: Result<T, PortError>, call: &str) {
    match result {
        Ok(_) => panic!("{call} past its deadline went through"),
        Err(error) => assert_eq!(error.kind(), PortErrorKind::Unavailable, "{call} past its deadline"),
    }
}
