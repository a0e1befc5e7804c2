//! The shared connections: who needs one gets one that works, or learns soon that there is none.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use deadpool_redis::{Pool, PoolConfig, Runtime, Timeouts};
use redis::{AsyncConnectionConfig, ConnectionInfo};
use tokio::sync::Mutex;
use tokio::time::timeout_at;

use crate::error::StepError;
use crate::link::Link;

/// How many connections are shared: a second one carries on where the other one breaks or has a long reply.
pub(crate) const LINKS: usize = 2;
/// How long a new connection may take, the wait for others who make one included.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// The shared connections, each opened when it is first needed and replaced when it fails.
pub(crate) struct Links {
    pool: Pool,
    slots: [Slot; LINKS],
    next: AtomicUsize,
    clock: Arc<dyn Clock>,
    origin: Instant,
}

#[derive(Default)]
struct Slot {
    current: RwLock<Option<Arc<Link>>>,
    /// Held by the one who opens a connection for all who wait.
    opening: Mutex<()>,
}

impl Links {
    pub(crate) fn new(address: ConnectionInfo, clock: Arc<dyn Clock>) -> redis::RedisResult<Self> {
        // Every wait is bounded by its caller.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(None);
        let manager = deadpool_redis::Manager::new_with_config(address, config)?;
        let limit = Some(CONNECT_LIMIT);
        let timeouts = Timeouts { wait: limit, create: limit, recycle: limit };
        let pool_config = PoolConfig { max_size: LINKS, timeouts, ..PoolConfig::default() };
        let pool = Pool::builder(manager).config(pool_config).runtime(Runtime::Tokio1).build();
        let pool = pool.map_err(|error| redis::RedisError::from(std::io::Error::other(error)))?;
        let origin = clock.instant();
        Ok(Self { pool, slots: Default::default(), next: AtomicUsize::new(0), clock, origin })
    }

    /// Returns one of the connections, and opens it where there is none.
    pub(crate) async fn get(&self, deadline: Instant) -> Result<Arc<Link>, StepError> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % LINKS;
        let Some(slot) = self.slots.get(turn) else { return Err(StepError::too_late()) };
        if let Some(link) = slot.current() {
            return Ok(link);
        }
        let until = deadline.min(self.clock.instant() + CONNECT_LIMIT);
        let Ok(_turn) = timeout_at(until.into(), slot.opening.lock()).await else {
            return Err(StepError::too_late());
        };
        if let Some(link) = slot.current() {
            return Ok(link);
        }
        let opened = Link::open(&self.pool, &*self.clock, self.origin, until).await;
        let link = Arc::new(opened.map_err(StepError::nothing_sent)?);
        slot.set(Some(Arc::clone(&link)));
        Ok(link)
    }

    /// Returns a connection that is already open.
    pub(crate) fn open(&self) -> Option<Arc<Link>> {
        self.slots.iter().find_map(Slot::current)
    }

    /// Returns the other connections that are open.
    pub(crate) fn others(&self, link: &Arc<Link>) -> Vec<Arc<Link>> {
        self.slots.iter().filter_map(Slot::current).filter(|other| !Arc::ptr_eq(other, link)).collect()
    }

    /// Keeps later callers from every connection.
    pub(crate) fn give_up_all(&self) {
        for slot in &self.slots {
            slot.set(None);
        }
    }

    /// Keeps later callers from a connection that has failed; those who wait on it still may.
    pub(crate) fn give_up(&self, link: &Arc<Link>) {
        let failed = |slot: &&Slot| slot.current().is_some_and(|current| Arc::ptr_eq(&current, link));
        if let Some(slot) = self.slots.iter().find(failed) {
            slot.set(None);
        }
    }
}

impl Slot {
    fn current(&self) -> Option<Arc<Link>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, link: Option<Arc<Link>>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = link;
    }
}
