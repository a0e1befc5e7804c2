//! Tests that the contract suites catch faults.
//!
//! Each in-memory store here, and the fake password hasher, passes its contract suite. Each can be created with a seeded
//! fault, which the contract case named in `faults` must catch.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod denylist;
mod faults;
mod legacy_refresh_tokens;
mod login_limiter;
mod password_hasher;
mod session_store;
mod user_repository;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use auth_domain::model::RequestTime;
use auth_domain::ports::PortError;

auth_testkit::session_store_contract!(fixture = session_store::fixture(None));
auth_testkit::denylist_contract!(fixture = denylist::fixture(None));
auth_testkit::legacy_refresh_tokens_contract!(fixture = legacy_refresh_tokens::fixture(None));
auth_testkit::login_limiter_contract!(fixture = login_limiter::fixture(None));
auth_testkit::password_hasher_contract!(fixture = password_hasher::fixture(None));
auth_testkit::user_repository_contract!(fixture = user_repository::fixture(None));

/// Asserts that the case fails, and not because of a timeout.
fn assert_caught(case: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(case)).expect_err("the fault was not caught: the case passed");
    let text = text_of(&*panic);
    assert!(!text.contains("within a minute"), "the fault was not caught: the case timed out");
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "deadlines pass in real time")]
fn in_time(request_time: RequestTime) -> Result<(), PortError> {
    if Instant::now() < request_time.deadline() {
        Ok(())
    } else {
        Err(PortError::unavailable("the deadline has passed"))
    }
}
