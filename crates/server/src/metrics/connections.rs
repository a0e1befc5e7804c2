//! Metrics of connections: open ones, and those closed at a limit or after a timeout.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The limit at which a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LimitReason {
    /// `HTTP__MAX_CONNECTIONS`
    Total,
    /// `HTTP__MAX_CONNECTIONS_PER_ADDRESS`
    Address,
    /// The memory for incomplete heads, unread bodies and unsent responses.
    Memory,
}

impl LimitReason {
    /// Returns the label in metrics and logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Address => "address",
            Self::Memory => "memory",
        }
    }
}

/// The timeout that a slow client reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TimeoutReason {
    Head,
    Write,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: LimitReason,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TimeoutLabels {
    of: TimeoutReason,
}

/// The metrics of connections. Clones share the counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConnectionMetrics {
    open: Gauge,
    evicted: Family<LimitLabels, Counter>,
    rejected: Family<LimitLabels, Counter>,
    timed_out: Family<TimeoutLabels, Counter>,
}

impl ConnectionMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        for limit in [LimitReason::Total, LimitReason::Address, LimitReason::Memory] {
            drop(self.evicted.get_or_create(&LimitLabels { limit }));
        }
        for limit in [LimitReason::Total, LimitReason::Address] {
            drop(self.rejected.get_or_create(&LimitLabels { limit }));
        }
        for of in [TimeoutReason::Head, TimeoutReason::Write] {
            drop(self.timed_out.get_or_create(&TimeoutLabels { of }));
        }
        registry.register("connections", "Open connections", self.open.clone());
        let help = "Idle connections closed at a limit to make room";
        registry.register("connections_evicted", help, self.evicted.clone());
        let help = "New connections closed at a limit because no open one was idle";
        registry.register("connections_rejected", help, self.rejected.clone());
        let help = "Connections closed because their client was too slow";
        registry.register("connections_timed_out", help, self.timed_out.clone());
    }

    pub(crate) fn opened(&self) {
        self.open.inc();
    }

    pub(crate) fn closed(&self) {
        self.open.dec();
    }

    pub(crate) fn evicted(&self, limit: LimitReason) {
        self.evicted.get_or_create(&LimitLabels { limit }).inc();
    }

    pub(crate) fn rejected(&self, limit: LimitReason) {
        self.rejected.get_or_create(&LimitLabels { limit }).inc();
    }

    pub(crate) fn timed_out(&self, of: TimeoutReason) {
        self.timed_out.get_or_create(&TimeoutLabels { of }).inc();
    }
}

impl EncodeLabelValue for LimitReason {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        self.name().encode(encoder)
    }
}

impl EncodeLabelValue for TimeoutReason {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        let name = match self {
            Self::Head => "head",
            Self::Write => "write",
        };
        name.encode(encoder)
    }
}
