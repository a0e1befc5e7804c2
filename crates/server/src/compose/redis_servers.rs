//! The servers of Redis for the metrics.

use auth_adapter_redis::{RedisStore, SentinelState as Sentinel, TopologyState};

use crate::dependency::{RedisServers, SentinelState};

/// Returns the servers at the last check.
pub(super) fn seen_by(store: &RedisStore) -> RedisServers {
    let state = store.topology();
    let replications: Vec<_> =
        state.primaries.iter().filter_map(|primary| primary.replication.as_deref()).collect();
    let is_complete = !replications.is_empty() && replications.len() == state.primaries.len();
    let fewest = replications.iter().map(|replication| replication.online().count()).min();
    let replicas = || replications.iter().flat_map(|replication| &replication.replicas);
    RedisServers {
        primaries: state.primaries.len(),
        replicas: fewest.filter(|_| is_complete),
        lag: replicas().map(|replica| replica.lag).max(),
        bytes_behind: replicas().map(|replica| replica.bytes_behind).max(),
        uncovered_slots: store.is_cluster().then_some(state.uncovered_slots),
        sentinels: state.sentinels.iter().map(|sentinel| agreement(sentinel, &state)).collect(),
    }
}

fn agreement(sentinel: &Sentinel, state: &TopologyState) -> SentinelState {
    let used = state.primaries.first().map(|primary| primary.address.as_str());
    match &sentinel.view {
        Ok((named, _)) if Some(named.as_str()) == used => SentinelState::Agrees,
        Ok(_) => SentinelState::Disagrees,
        Err(_) => SentinelState::Unusable,
    }
}
