//! A dependency for tests.

use async_trait::async_trait;
use auth_domain::model::RequestTime;
use auth_domain::observation::RoundTrips;
use auth_domain::ports::{Check, PortError};

use super::{Dependency, Depth, RedisServers};

type Call<T> = Box<dyn Fn() -> Result<T, PortError> + Send + Sync>;

/// A dependency named `store` with configurable results.
pub(crate) struct FakeDependency {
    pub(crate) connect: Call<()>,
    pub(crate) ping: Call<()>,
    pub(crate) diagnose: Call<Vec<Check>>,
    /// Whether a ping never returns.
    pub(crate) hangs: bool,
    pub(crate) round_trips: RoundTrips,
    pub(crate) redis_servers: Option<RedisServers>,
}

/// A dependency without warnings and errors.
pub(crate) fn sound() -> FakeDependency {
    FakeDependency {
        connect: Box::new(|| Ok(())),
        ping: Box::new(|| Ok(())),
        diagnose: Box::new(|| Ok(Vec::new())),
        hangs: false,
        round_trips: RoundTrips::default(),
        redis_servers: None,
    }
}

/// A dependency that is unreachable.
pub(crate) fn unreachable() -> FakeDependency {
    FakeDependency {
        connect: Box::new(|| Err(PortError::unavailable("gone"))),
        ping: Box::new(|| Err(PortError::unavailable("gone"))),
        diagnose: Box::new(|| Err(PortError::unavailable("gone"))),
        hangs: false,
        round_trips: RoundTrips::default(),
        redis_servers: None,
    }
}

#[async_trait]
impl Dependency for FakeDependency {
    fn name(&self) -> &'static str {
        "store"
    }

    fn round_trips(&self) -> (&'static str, &RoundTrips) {
        (self.name(), &self.round_trips)
    }

    fn redis_servers(&self) -> Option<RedisServers> {
        self.redis_servers.clone()
    }

    async fn connect(&self, _request_time: RequestTime) -> Result<(), PortError> {
        (self.connect)()
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
        Ok("up to date".to_owned())
    }
}
