//! Metrics of the servers of Redis, as this process knows them.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::dependency::{Dependencies, Dependency, RedisServers, SentinelState};

/// Reads the servers at each scrape. Addresses are no labels: in a container platform they change without bound.
struct RedisMetrics(Arc<dyn Dependency>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SentinelLabels {
    state: &'static str,
}

/// Registers the metrics of Redis, if it is a dependency.
pub(super) fn register(registry: &mut Registry, dependencies: &Dependencies) {
    let redis = dependencies.iter().find(|dependency| dependency.redis_servers().is_some());
    if let Some(redis) = redis {
        registry.register_collector(Box::new(RedisMetrics(Arc::clone(redis))));
    }
}

impl fmt::Debug for RedisMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisMetrics").field(&self.0.name()).finish()
    }
}

impl Collector for RedisMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(servers) = self.0.redis_servers() else { return Ok(()) };
        for (name, help, unit, value) in gauges(&servers) {
            let metric = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
            if let Some(value) = value {
                ConstGauge::new(value).encode(metric)?;
            }
        }
        let help = "Sentinels by what they name as the primary.";
        let mut metric = encoder.encode_descriptor("redis_sentinels", help, None, MetricType::Gauge)?;
        for state in SentinelState::ALL {
            if !servers.sentinels.is_empty() {
                let count = servers.sentinels.iter().filter(|sentinel| **sentinel == state).count();
                let labels = SentinelLabels { state: state.name() };
                ConstGauge::new(number(count)).encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

type Described = (&'static str, &'static str, Option<&'static Unit>, Option<u64>);

/// Returns the gauges without labels. What is not known has no value.
fn gauges(servers: &RedisServers) -> [Described; 5] {
    let replicas = "Replicas with the data of the primary; of several primaries the smallest number.";
    let lag = "Time since the last acknowledgement of the replica that is furthest behind.";
    let behind = "Bytes that the replica that is furthest behind has not acknowledged.";
    [
        ("redis_primaries", "Primaries that are known.", None, Some(number(servers.primaries))),
        ("redis_replicas", replicas, None, servers.replicas.map(number)),
        ("redis_replica_lag", lag, Some(&Unit::Seconds), servers.lag.map(|lag| lag.as_secs())),
        ("redis_replica_lag", behind, Some(&Unit::Bytes), servers.bytes_behind),
        ("redis_uncovered_slots", "Slots without a primary.", None, servers.uncovered_slots.map(number)),
    ]
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
