//! What all users of the connections of a process share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use tokio::sync::Mutex;
use tokio::time::timeout_at;

use super::pool::{Pool, PooledConnection};
use super::reloadable_connector::ReloadableConnector;
use super::runtime::Runtime;
use super::server_limit::ServerLimit;
use super::shared::SharedConnections;
use super::timeouts::POOL_WAIT;
use crate::error::StoreError;

/// How often the pool asks for a connection that a worker may have yielded, and the pause before each time.
const YIELD_ATTEMPTS: usize = 10;
const YIELD_PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Process {
    pub(super) connector: Arc<ReloadableConnector>,
    /// Those of each worker, or those of the process if there are no workers.
    pub(super) shared: Vec<Arc<SharedConnections>>,
    pub(super) pool: Pool,
    /// That of the pool.
    pub(super) runtime: Runtime,
    limit: Arc<ServerLimit>,
    /// Held by the caller for whom a worker yields its connection.
    making_room: Mutex<()>,
    clock: Arc<dyn Clock>,
}

impl Process {
    pub(super) fn new(
        connector: Arc<ReloadableConnector>,
        shared: Vec<Arc<SharedConnections>>,
        pool: Pool,
        runtime: Runtime,
        limit: Arc<ServerLimit>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { connector, shared, pool, runtime, limit, making_room: Mutex::default(), clock }
    }

    /// Takes a connection of the pool. If the pool has none because the workers have all that the server accepts, a worker yields
    /// its connection and shares that of another one.
    pub(super) async fn take_pooled(&self, deadline: Instant) -> Result<PooledConnection, StoreError> {
        let taken = self.pool.get(deadline).await;
        if !matches!(taken, Err(StoreError::TooManyConnections)) {
            return taken;
        }
        // One caller at a time: a second one would find no worker that can yield while the connection of the first one is being opened.
        let wait_until = deadline.min(self.clock.instant() + POOL_WAIT);
        let Ok(_turn) = timeout_at(wait_until.into(), self.making_room.lock()).await else { return taken };
        let mut has_room = false;
        for _ in 0..YIELD_ATTEMPTS {
            let taken = self.pool.get(deadline).await;
            if !matches!(taken, Err(StoreError::TooManyConnections)) {
                return taken;
            }
            has_room |= self.make_room();
            if !has_room {
                return taken;
            }
            // The server counts a closed connection for a moment, which is longer on a busy machine.
            self.clock.sleep_until(self.clock.instant() + YIELD_PAUSE).await;
            self.limit.reset();
        }
        self.pool.get(deadline).await
    }

    /// Makes room for a connection of the pool, and returns whether trying again may succeed: the shared connections of a worker
    /// were closed, or are being opened and can be closed later. It closes the last ones that are open, but not the only ones.
    fn make_room(&self) -> bool {
        let mut open = self.shared.iter().filter(|set| set.any_open().is_some());
        let first = open.next();
        let last = open.next_back();
        let closed = first.and(last).inspect(|set| set.close());
        closed.is_some() || self.shared.iter().any(|set| set.is_connecting())
    }
}
