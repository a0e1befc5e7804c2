//! Metrics of the denylist cache: whether it is in use, its size, and its lag behind the store.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::labels::BoundLabels;
use crate::dependency::DenylistCache;

/// Upper bounds in seconds, from a store on the same machine to the end of the trust lease.
const LAGS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.25, 1.0, 2.0];

/// The metrics of one cache.
pub(super) struct DenylistCacheMetrics {
    cache: Arc<dyn DenylistCache>,
    is_current: Gauge,
    entries: Gauge,
    misses: Counter,
    lag: Histogram,
    bounds: Family<BoundLabels, Gauge<f64, AtomicU64>>,
}

impl DenylistCacheMetrics {
    pub(super) fn new(cache: Arc<dyn DenylistCache>) -> Self {
        let (lag, bounds) = (Histogram::new(LAGS), Family::<BoundLabels, Gauge<f64, AtomicU64>>::default());
        let observed = lag.clone();
        cache.observe_lag(Box::new(move |lag: Duration| observed.observe(lag.as_secs_f64())));
        for (quantile, bound) in [("0.99", cache.usual_lag()), ("1", cache.max_lag())] {
            bounds.get_or_create(&BoundLabels { quantile }).set(bound.as_secs_f64());
        }
        let (is_current, entries, misses) = Default::default();
        Self { cache, is_current, entries, misses, lag, bounds }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let help = "Whether the denylist cache answers; otherwise the store is asked";
        registry.register("denylist_cache_current", help, self.is_current.clone());
        let help = "Revoked tokens in the denylist cache";
        registry.register("denylist_cache_entries", help, self.entries.clone());
        let help = "Checks that the denylist cache could not answer";
        registry.register("denylist_cache_misses", help, self.misses.clone());
        let help = "Time within which the denylist cache contained what the store had acknowledged";
        registry.register_with_unit("denylist_cache_lag", help, Unit::Seconds, self.lag.clone());
        let help = "Time within which a revocation by another process is in the denylist cache";
        registry.register_with_unit("denylist_cache_lag_bound", help, Unit::Seconds, self.bounds.clone());
    }

    /// Updates the metrics from the cache.
    pub(super) fn refresh(&self) {
        self.is_current.set(self.cache.is_trusted().into());
        self.entries.set(i64::try_from(self.cache.entries()).unwrap_or(i64::MAX));
        self.misses.inc_by(self.cache.misses().saturating_sub(self.misses.get()));
    }
}
