//! A histogram without a lock: workers observe at the same time and never wait for each other or for a scrape.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// The time that a sum counts in: a nanosecond.
const PER_SECOND: f64 = 1e9;

/// A histogram with fixed buckets. Clones share the counts.
#[derive(Clone, Debug)]
pub(super) struct Histogram(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// The upper bounds, in ascending order.
    bounds: &'static [f64],
    /// The number of observations of each bucket; the last one has no upper bound.
    buckets: Box<[AtomicU64]>,
    /// The sum of all observations, in parts of a unit.
    sum: AtomicU64,
    parts: f64,
}

impl Histogram {
    /// Creates a histogram of times with upper bounds in seconds.
    pub(super) fn of_times(bounds: &'static [f64]) -> Self {
        Self::new(bounds, PER_SECOND)
    }

    /// Creates a histogram of numbers.
    pub(super) fn of_numbers(bounds: &'static [f64]) -> Self {
        Self::new(bounds, 1.0)
    }

    fn new(bounds: &'static [f64], parts: f64) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Counts { bounds, buckets, sum: AtomicU64::new(0), parts }))
    }

    /// Counts a time, in a histogram of times.
    pub(super) fn observe_time(&self, time: Duration) {
        self.observe(time.as_secs_f64(), u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts a number, in a histogram of numbers.
    pub(super) fn observe_number(&self, number: u32) {
        self.observe(number.into(), number.into());
    }

    fn observe(&self, value: f64, parts: u64) {
        let Counts { bounds, buckets, sum, .. } = &*self.0;
        if let Some(bucket) = buckets.get(bounds.partition_point(|bound| *bound < value)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        sum.fetch_add(parts, Ordering::Relaxed);
    }

    /// Encodes the histogram if it has an observation.
    pub(super) fn encode_if_used(&self, encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let is_used = self.0.buckets.iter().any(|bucket| bucket.load(Ordering::Relaxed) > 0);
        if is_used { self.encode(encoder) } else { Ok(()) }
    }
}

impl EncodeMetric for Histogram {
    /// The count is the sum of the buckets, so both agree also during an observation.
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let Counts { bounds, buckets, sum, parts } = &*self.0;
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let counts = buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a sum of months in nanoseconds is exact to a microsecond"
        )]
        let sum = sum.load(Ordering::Relaxed) as f64 / parts;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Histogram {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use std::thread;

    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    fn text(histogram: &Histogram) -> String {
        let (mut registry, mut text) = (Registry::default(), String::new());
        registry.register("h", "help", histogram.clone());
        encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn a_value_is_in_the_first_bucket_that_is_not_below_it() {
        let histogram = Histogram::of_times(&[0.5, 1.0]);
        for milliseconds in [500, 750, 1_000, 8_000] {
            histogram.observe_time(Duration::from_millis(milliseconds));
        }
        let text = text(&histogram);
        for line in ["h_sum 10.25", "h_count 4", "h_bucket{le=\"0.5\"} 1", "h_bucket{le=\"1.0\"} 3"] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(text.contains("h_bucket{le=\"+Inf\"} 4"));
    }

    #[test]
    fn no_observation_of_concurrent_threads_is_lost() {
        let histogram = Histogram::of_numbers(&[1.0]);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| histogram.observe_number(2)));
            }
        });
        let text = text(&histogram);
        assert!(text.contains("h_count 40000") && text.contains("h_sum 80000.0"), "{text}");
    }
}
