//! Password hashing for tests.

use std::time::Duration;

use auth_domain::model::HashFormat;

use super::PasswordHashing;

/// Password hashing with fixed figures.
pub(crate) struct FakeHashing;

impl PasswordHashing for FakeHashing {
    fn running(&self) -> usize {
        2
    }

    fn queued(&self) -> usize {
        5
    }

    fn rejected(&self) -> u64 {
        7
    }

    fn observe_times(&self, observer: Box<dyn Fn(HashFormat, Duration) + Send + Sync>) {
        observer(HashFormat::Bcrypt, Duration::from_millis(80));
    }
}
