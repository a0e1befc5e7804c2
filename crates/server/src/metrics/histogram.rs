//! A histogram without a lock: workers observe at the same time and never wait for each other or for a scrape.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// A histogram with fixed buckets. Clones share the counts.
#[derive(Clone, Debug)]
pub(super) struct Histogram(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// The upper bounds, in ascending order.
    bounds: &'static [f64],
    /// The number of observations of each bucket; the last one has no upper bound.
    buckets: Box<[AtomicU64]>,
    /// The bits of the sum of all observations.
    sum: AtomicU64,
}

impl Histogram {
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Counts { bounds, buckets, sum: AtomicU64::new(0) }))
    }

    pub(super) fn observe(&self, value: f64) {
        let Counts { bounds, buckets, sum } = &*self.0;
        if let Some(bucket) = buckets.get(bounds.partition_point(|bound| *bound < value)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        // It returns an error only if `add` returns `None`.
        let _ = sum.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

impl EncodeMetric for Histogram {
    /// The count is the sum of the buckets, so both agree also during an observation.
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let Counts { bounds, buckets, sum } = &*self.0;
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let counts = buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = f64::from_bits(sum.load(Ordering::Relaxed));
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
        let histogram = Histogram::new(&[0.5, 1.0]);
        for value in [0.5, 0.75, 1.0, 8.0] {
            histogram.observe(value);
        }
        let text = text(&histogram);
        for line in ["h_sum 10.25", "h_count 4", "h_bucket{le=\"0.5\"} 1", "h_bucket{le=\"1.0\"} 3"] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(text.contains("h_bucket{le=\"+Inf\"} 4"));
    }

    #[test]
    fn no_observation_of_concurrent_threads_is_lost() {
        let histogram = Histogram::new(&[1.0]);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| histogram.observe(0.25)));
            }
        });
        let text = text(&histogram);
        assert!(text.contains("h_count 40000") && text.contains("h_sum 10000.0"), "{text}");
    }
}
