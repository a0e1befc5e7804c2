//! The pools that plain-text connections come from, one for each server.

use std::io;
use std::sync::{Mutex, PoisonError};

use deadpool_redis::{Pool, PoolConfig, Runtime, Timeouts};
use redis::aio::MultiplexedConnection;
use redis::{ConnectionAddr, RedisConnectionInfo, RedisError, RedisResult};

use super::opening::{CONNECT_TIMEOUT, config, connection_info};
use crate::error::{ConfigError, StoreError, StoreResult};

/// The largest number of servers to remember. Bounds memory when addresses change.
const MAX_POOLS: usize = 64;

/// Pools with the credentials of one configuration.
pub(super) struct Pools {
    user: RedisConnectionInfo,
    max_connections: usize,
    known: Mutex<Vec<(ConnectionAddr, Pool)>>,
}

impl Pools {
    pub(super) const fn new(user: RedisConnectionInfo, max_connections: usize) -> Self {
        Self { user, max_connections, known: Mutex::new(Vec::new()) }
    }

    /// Returns the pool of a server.
    pub(super) fn of(&self, address: &ConnectionAddr) -> Result<Pool, ConfigError> {
        let mut pools = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = pools.iter().find(|(known, _)| known == address) {
            return Ok(pool.clone());
        }
        let pool = self.create(address).map_err(ConfigError::Rejected)?;
        if pools.len() >= MAX_POOLS {
            pools.clear();
        }
        pools.push((address.clone(), pool.clone()));
        Ok(pool)
    }

    /// Opens a connection and takes it out of the pool.
    pub(super) async fn open(&self, address: &ConnectionAddr) -> StoreResult<MultiplexedConnection> {
        let connection = self.of(address)?.get().await.map_err(StoreError::from_pool)?;
        Ok(deadpool_redis::Connection::take(connection))
    }

    fn create(&self, address: &ConnectionAddr) -> RedisResult<Pool> {
        let info = connection_info(address, &self.user)?;
        let manager = deadpool_redis::Manager::new_with_config(info, config())?;
        let timeout = Some(CONNECT_TIMEOUT);
        let timeouts = Timeouts { wait: timeout, create: timeout, recycle: timeout };
        let config = PoolConfig { max_size: self.max_connections, timeouts, ..PoolConfig::default() };
        let pool = Pool::builder(manager).config(config).runtime(Runtime::Tokio1).build();
        pool.map_err(|error| RedisError::from(io::Error::other(error)))
    }
}
