//! Sets of Redis servers that replace a lost primary: behind Sentinel, and as a cluster.

mod cluster;
mod migration;
mod nodes;
mod options;
mod sentinels;

pub use cluster::RedisCluster;
pub use options::SetOptions;
pub use sentinels::SentinelSet;
