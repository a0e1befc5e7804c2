//! What is told of the denylist that is kept in this process: whether it answers, how late it may be, and how late it is.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::labels::BoundLabels;
use crate::dependency::DenylistCopy;

/// Upper bounds in seconds: from a neighbour on the same machine to the end of the lease.
const LAGS: [f64; 10] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.25, 1.0, 2.0];

/// The numbers of one copy.
pub(super) struct CopyMetrics {
    copy: Arc<dyn DenylistCopy>,
    is_current: Gauge,
    entries: Gauge,
    asked: Counter,
    lag: Histogram,
    bounds: Family<BoundLabels, Gauge<f64, AtomicU64>>,
}

impl CopyMetrics {
    pub(super) fn new(copy: Arc<dyn DenylistCopy>) -> Self {
        let (lag, bounds) = (Histogram::new(LAGS), Family::<BoundLabels, Gauge<f64, AtomicU64>>::default());
        let observed = lag.clone();
        copy.observe(Box::new(move |took: Duration| observed.observe(took.as_secs_f64())));
        for (quantile, bound) in [("0.99", copy.usual_lag()), ("1", copy.longest_lag())] {
            bounds.get_or_create(&BoundLabels { quantile }).set(bound.as_secs_f64());
        }
        let (is_current, entries, asked) = Default::default();
        Self { copy, is_current, entries, asked, lag, bounds }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let help = "Whether the denylist in this process answers; otherwise the store is asked";
        registry.register("denylist_copy_current", help, self.is_current.clone());
        let help = "Revoked tokens that the denylist in this process holds";
        registry.register("denylist_copy_entries", help, self.entries.clone());
        let help = "Checks that the denylist in this process could not answer";
        registry.register("denylist_copy_misses", help, self.asked.clone());
        let help =
            "Time within which the denylist in this process learned of what the store had acknowledged";
        registry.register_with_unit("denylist_copy_lag", help, Unit::Seconds, self.lag.clone());
        let help = "The promise: a revocation by another process is known here within this time";
        registry.register_with_unit("denylist_copy_lag_bound", help, Unit::Seconds, self.bounds.clone());
    }

    /// Takes over how the copy is doing now.
    pub(super) fn refresh(&self) {
        let state = self.copy.state();
        self.is_current.set(state.is_current.into());
        self.entries.set(i64::try_from(state.entries).unwrap_or(i64::MAX));
        self.asked.inc_by(state.asked.saturating_sub(self.asked.get()));
    }
}
