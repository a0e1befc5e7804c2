//! Measuring operations in turns.

use std::future::ready;
use std::time::Instant;

use auth_domain::ports::Clock;
use auth_verifier::SystemClock;
use futures_util::future::{BoxFuture, FutureExt};

/// Many short samples, so that the median is of samples without interruption by other programs.
pub(crate) const ROUNDS: usize = 301;
/// The number of calls per sample.
pub(crate) const CALLS: usize = 1_000;

pub(crate) fn now() -> Instant {
    SystemClock.instant()
}

/// A measured operation.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// Takes a sample and returns nanoseconds per call.
    pub(crate) sample: Box<dyn Fn() -> BoxFuture<'static, f64>>,
}

/// Returns the median of each operation.
pub(crate) async fn measure(contenders: &[Contender]) -> Vec<f64> {
    let mut samples = vec![Vec::new(); contenders.len()];
    for round in 0..=ROUNDS {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            let sample = (contender.sample)().await;
            // The first round makes connections and fills caches.
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    samples.into_iter().map(median).collect()
}

pub(crate) fn in_process(name: &'static str, call: impl Fn(usize) + 'static) -> Contender {
    let sample = move || {
        let start = now();
        (0..CALLS).for_each(&call);
        ready(nanos_each(start, CALLS)).boxed()
    };
    Contender { name, sample: Box::new(sample) }
}

pub(crate) fn nanos_each(start: Instant, calls: usize) -> f64 {
    start.elapsed().as_secs_f64() * 1e9 / f64::from(u32::try_from(calls).unwrap())
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
