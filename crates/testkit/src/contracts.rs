//! The contract suites: one module per port, one function per obligation, named as in the documentation of the port.

pub mod access_tokens;
pub mod denylist;
pub mod legacy_refresh_tokens;
pub mod login_limiter;
pub mod password_hasher;
pub mod session_store;
pub mod user_repository;

use auth_domain::ports::{PortError, PortErrorKind};

/// Asserts that a call after its deadline failed as `Unavailable`.
fn assert_unavailable<T>(result: Result<T, PortError>, call: &str) {
    match result {
        Ok(_) => panic!("{call} after its deadline succeeded"),
        Err(error) => assert_eq!(error.kind(), PortErrorKind::Unavailable, "{call} after its deadline"),
    }
}
