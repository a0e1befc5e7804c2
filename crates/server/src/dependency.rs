//! What stands behind the stores, as those who look after it see it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::RequestTime;
use auth_domain::ports::{Check, PortError};

/// How much of a backend is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What an administrator has set up.
    Setup,
    /// Every row as well, which may take long.
    Rows,
}

/// A file or server that ports keep things in.
#[async_trait]
pub(crate) trait Dependency: Send + Sync {
    /// What readiness, logs and `doctor` call it.
    fn name(&self) -> &'static str;

    /// Tells whether it can answer now.
    async fn ping(&self, request_time: RequestTime) -> Result<(), PortError>;

    /// Looks for what an administrator should know.
    async fn diagnose(&self, depth: Depth, request_time: RequestTime) -> Result<Vec<Check>, PortError>;

    /// Brings it to the version of this program, and says what that took.
    async fn migrate(&self, request_time: RequestTime) -> Result<String, PortError>;
}

/// A denylist that is kept in this process, as those who look after it see it.
pub(crate) trait DenylistCopy: Send + Sync {
    /// Returns how it is doing.
    fn state(&self) -> DenylistCopyState;

    /// Tells `observer` how long each sign of life took.
    fn observe(&self, observer: Box<dyn Fn(Duration) + Send + Sync>);

    /// Within which time it learns of a revocation as a rule.
    fn usual_lag(&self) -> Duration;

    /// Within which time it learns of a revocation, or is not asked.
    fn longest_lag(&self) -> Duration;
}

/// How a denylist that is kept in this process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DenylistCopyState {
    /// Whether it answers now.
    pub(crate) is_current: bool,
    /// How many revoked tokens it holds.
    pub(crate) entries: usize,
    /// How many checks had to ask the store since the start.
    pub(crate) asked: u64,
}

/// All that a service is on.
pub(crate) type Dependencies = Vec<Arc<dyn Dependency>>;

#[cfg(test)]
pub(crate) mod fake {
    use super::*;

    type Answer<T> = Box<dyn Fn() -> Result<T, PortError> + Send + Sync>;

    /// A backend named `store` that says what it is told.
    pub(crate) struct FakeDependency {
        pub(crate) ping: Answer<()>,
        pub(crate) diagnose: Answer<Vec<Check>>,
        /// Whether it never answers a ping.
        pub(crate) hangs: bool,
    }

    /// One that answers, with nothing found.
    pub(crate) fn sound() -> FakeDependency {
        FakeDependency { ping: Box::new(|| Ok(())), diagnose: Box::new(|| Ok(Vec::new())), hangs: false }
    }

    /// One out of reach.
    pub(crate) fn away() -> FakeDependency {
        FakeDependency {
            ping: Box::new(|| Err(PortError::unavailable("gone"))),
            diagnose: Box::new(|| Err(PortError::unavailable("gone"))),
            hangs: false,
        }
    }

    #[async_trait]
    impl Dependency for FakeDependency {
        fn name(&self) -> &'static str {
            "store"
        }

        async fn ping(&self, _request_time: RequestTime) -> Result<(), PortError> {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            (self.ping)()
        }

        async fn diagnose(&self, _depth: Depth, _request_time: RequestTime) -> Result<Vec<Check>, PortError> {
            (self.diagnose)()
        }

        async fn migrate(&self, _request_time: RequestTime) -> Result<String, PortError> {
            Ok("nothing to do".to_owned())
        }
    }
}
