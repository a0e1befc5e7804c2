//! Metrics of the round trips to stores.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::observation::{Operation, RoundTripObserver};
use auth_domain::ports::PortErrorKind;
use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::histogram::Histogram;
use crate::dependency::Dependencies;

/// Upper bounds in seconds, from a store on the same machine to the timeout of a statement.
const TIMES: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];
/// Upper bounds up to the largest batch.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// The values of the label `outcome`.
const OUTCOMES: [&str; 5] = ["ok", "unavailable", "unanswered", "overloaded", "defect"];

/// The histograms of one store, indexed by operation and outcome, so that a round trip needs no map lookup.
#[derive(Debug)]
struct StoreMetrics {
    store: &'static str,
    times: Vec<[Histogram; OUTCOMES.len()]>,
    sizes: Vec<Histogram>,
}

/// The times of all stores. A series begins with its first round trip, because most outcomes never occur.
#[derive(Debug)]
struct Times(Arc<[Arc<StoreMetrics>]>);

/// The batch sizes of all stores. Most operations are never batched.
#[derive(Debug)]
struct Sizes(Arc<[Arc<StoreMetrics>]>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TimeLabels {
    store: &'static str,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SizeLabels {
    store: &'static str,
    operation: &'static str,
}

/// Registers the metrics of the stores, and observes them.
pub(super) fn register(registry: &mut Registry, dependencies: &Dependencies) {
    let observed = dependencies.iter().map(|dependency| {
        let (store, round_trips) = dependency.round_trips();
        let metrics = Arc::new(StoreMetrics::new(store));
        round_trips.observe(metrics.clone());
        metrics
    });
    let stores: Arc<[_]> = observed.collect();
    let help = "Time of a round trip to a store, until its answer or error";
    registry.register_with_unit("store_round_trip_duration", help, Unit::Seconds, Times(stores.clone()));
    let help = "Calls that were sent to a store together";
    registry.register("store_batch_size", help, Sizes(stores));
}

impl StoreMetrics {
    fn new(store: &'static str) -> Self {
        let (mut times, mut sizes) = (Vec::new(), Vec::new());
        for _ in Operation::ALL {
            times.push(OUTCOMES.map(|_| Histogram::of_times(&TIMES)));
            sizes.push(Histogram::of_numbers(&SIZES));
        }
        Self { store, times, sizes }
    }
}

impl RoundTripObserver for StoreMetrics {
    fn round_trip(&self, operation: Operation, outcome: Result<(), PortErrorKind>, time: Duration) {
        let outcomes = self.times.get(operation.index());
        if let Some(histogram) = outcomes.and_then(|outcomes| outcomes.get(place(outcome))) {
            histogram.observe_time(time);
        }
    }

    fn batch(&self, operation: Operation, calls: usize) {
        if let Some(histogram) = self.sizes.get(operation.index()) {
            histogram.observe_number(u32::try_from(calls).unwrap_or(u32::MAX));
        }
    }
}

/// Returns the place of an outcome in [`OUTCOMES`].
const fn place(outcome: Result<(), PortErrorKind>) -> usize {
    match outcome {
        Ok(()) => 0,
        Err(PortErrorKind::Unavailable) => 1,
        Err(PortErrorKind::Unanswered) => 2,
        Err(PortErrorKind::Overloaded) => 3,
        Err(PortErrorKind::Corrupt | PortErrorKind::Misconfigured) => 4,
    }
}

impl EncodeMetric for Times {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        for metrics in &*self.0 {
            for (operation, outcomes) in Operation::ALL.iter().zip(&metrics.times) {
                for (outcome, histogram) in OUTCOMES.into_iter().zip(outcomes) {
                    let labels = TimeLabels { store: metrics.store, operation: operation.name(), outcome };
                    histogram.encode_if_used(encoder.encode_family(&labels)?)?;
                }
            }
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

impl EncodeMetric for Sizes {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        for metrics in &*self.0 {
            for (operation, histogram) in Operation::ALL.iter().zip(&metrics.sizes) {
                let labels = SizeLabels { store: metrics.store, operation: operation.name() };
                histogram.encode_if_used(encoder.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;
    use crate::dependency::fake::sound;

    #[test]
    fn round_trips_are_timed_by_operation_and_outcome() {
        let (store, mut registry, mut text) = (sound(), Registry::default(), String::new());
        let round_trips = store.round_trips.clone();
        register(&mut registry, &vec![Arc::new(store)]);
        round_trips.record(Operation::Rotate, Ok(()), Duration::from_micros(300));
        round_trips.record(Operation::Rotate, Err(PortErrorKind::Corrupt), Duration::ZERO);
        round_trips.record(Operation::Contains, Err(PortErrorKind::Unanswered), Duration::from_secs(9));
        round_trips.batch(Operation::Contains, 17);
        encode(&mut text, &registry).unwrap();
        let times = "store_round_trip_duration_seconds";
        for line in [
            format!("{times}_bucket{{le=\"0.00025\",store=\"store\",operation=\"rotate\",outcome=\"ok\"}} 0"),
            format!("{times}_bucket{{le=\"0.0005\",store=\"store\",operation=\"rotate\",outcome=\"ok\"}} 1"),
            format!("{times}_count{{store=\"store\",operation=\"rotate\",outcome=\"defect\"}} 1"),
            format!("{times}_sum{{store=\"store\",operation=\"contains\",outcome=\"unanswered\"}} 9.0"),
            "store_batch_size_bucket{le=\"16.0\",store=\"store\",operation=\"contains\"} 0".to_owned(),
            "store_batch_size_bucket{le=\"32.0\",store=\"store\",operation=\"contains\"} 1".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert_eq!(text.matches("_count{").count(), 4, "{text}");
    }
}
