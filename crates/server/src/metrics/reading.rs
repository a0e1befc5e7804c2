//! Metrics whose value is read when they are scraped.

use std::fmt;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// A counter that is kept elsewhere.
pub(super) struct CounterReading<F>(pub(super) F);

/// A gauge that is kept elsewhere.
pub(super) struct GaugeReading<F>(pub(super) F);

impl<F: Fn() -> u64> EncodeMetric for CounterReading<F> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.encode_counter::<NoLabelSet, _, u64>(&(self.0)(), None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

impl<F: Fn() -> u64> EncodeMetric for GaugeReading<F> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.encode_gauge(&(self.0)())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }
}

impl<F> fmt::Debug for CounterReading<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CounterReading")
    }
}

impl<F> fmt::Debug for GaugeReading<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GaugeReading")
    }
}
