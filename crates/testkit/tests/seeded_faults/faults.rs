//! The seeded faults, each with the case that catches it.

/// Writes a test that passes when the named case fails on a store with this fault.
macro_rules! fault {
    ($name:ident, $suite:ident::$case:ident, $fault:expr) => {
        #[test]
        fn $name() {
            crate::assert_caught(|| {
                auth_testkit::run(async {
                    let fixture = crate::$suite::fixture(Some($fault)).await;
                    auth_testkit::contracts::$suite::$case(&fixture).await;
                });
            });
        }
    };
}

mod denylist;
mod legacy_refresh_tokens;
mod login_limiter;
mod password_hasher;
mod session_store;
mod user_repository;
