//! The samples of all rounds.

use std::collections::BTreeMap;

use crate::cpu::Cpu;
use crate::figures::median;
use crate::output::Load;

/// One run of one measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) load: Load,
    pub(crate) cpu: Cpu,
}

/// A limit of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limit {
    /// Hashes per second of `argon2`.
    ReferenceHashes,
    /// Hashes per second of `argon2-rust`.
    DetectedHashes,
    /// Scripts per second of `redis-benchmark`.
    Scripts,
    /// Lookups per second of `pgbench`.
    Lookups,
}

/// Everything measured so far.
#[derive(Default)]
pub(crate) struct Results {
    samples: BTreeMap<&'static str, Vec<Sample>>,
    limits: BTreeMap<Limit, Vec<f64>>,
    /// Idle and peak memory of the first variant, in MiB.
    pub(crate) memory: Option<(f64, f64)>,
}

impl Results {
    pub(crate) fn add(&mut self, name: &'static str, sample: Sample) {
        self.samples.entry(name).or_default().push(sample);
    }

    pub(crate) fn add_limit(&mut self, limit: Limit, rate: f64) {
        self.limits.entry(limit).or_default().push(rate);
    }

    /// The median of a figure of a measure; `None` if it was not measured.
    pub(crate) fn median(&self, name: &str, figure: impl Fn(&Sample) -> f64) -> Option<f64> {
        self.samples.get(name).map(|samples| median(samples.iter().map(figure)))
    }

    /// The median rate of a measure.
    pub(crate) fn rate(&self, name: &str) -> Option<f64> {
        self.median(name, |sample| sample.load.rate)
    }

    /// The median of a limit.
    pub(crate) fn limit(&self, limit: Limit) -> Option<f64> {
        self.limits.get(&limit).map(|rates| median(rates.iter().copied()))
    }
}
