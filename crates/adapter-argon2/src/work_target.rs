//! The work of every rejected login.

use crate::algorithms::{Algorithm, HashCost, PerAlgorithm};
use crate::config::Argon2Config;
use crate::cost::Cost;
use crate::formats::parameters;

/// The work that every rejected login must do, and the memory of every permit: those of the most expensive stored hash of each
/// algorithm.
///
/// Times of different algorithms have no fixed ratio. So a rejected login does the work of each algorithm in use, and not only that
/// of the slowest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkTarget {
    highest: PerAlgorithm<Option<HashCost>>,
    blocks: u32,
}

impl WorkTarget {
    /// The target if every stored hash has this cost.
    pub(crate) fn of(cost: HashCost) -> Self {
        Self { highest: PerAlgorithm::default(), blocks: 0 }.including(cost)
    }

    /// The target if nothing is known of the stored hashes.
    pub(crate) fn minimum(config: &Argon2Config) -> Self {
        let target = Self::of(HashCost::Argon2(config.cost()));
        if config.legacy { target.including(HashCost::Argon2(Cost::LEGACY)) } else { target }
    }

    /// The target if hashes of this cost are stored, too.
    pub(crate) fn including(mut self, cost: HashCost) -> Self {
        let highest = self.highest.get_mut(cost.algorithm());
        if highest.is_none_or(|highest| cost.work() > highest.work()) {
            *highest = Some(cost);
        }
        self.blocks = self.blocks.max(cost.blocks());
        self
    }

    /// The work of a rejected login in an algorithm.
    pub(crate) fn work(&self, algorithm: Algorithm) -> u64 {
        self.highest.get(algorithm).map_or(0, HashCost::work)
    }

    /// The memory of a permit in blocks. A hash with less work may need more memory than the one with the most work.
    pub(crate) const fn blocks(&self) -> u32 {
        self.blocks
    }

    /// Returns the costs of the hashes that complete the work after a hash of the cost `done`.
    pub(crate) fn remaining(&self, done: Option<HashCost>) -> Vec<HashCost> {
        let of_algorithm = |(algorithm, highest): (Algorithm, &Option<HashCost>)| {
            let done = done.filter(|done| done.algorithm() == algorithm).map_or(0, HashCost::work);
            highest.map_or_else(Vec::new, |highest| highest.rest(done))
        };
        self.highest.iter().flat_map(of_algorithm).collect()
    }

    /// The parameters of the most expensive hash of each algorithm.
    pub(crate) fn parameters(&self) -> String {
        let each: Vec<String> = self.highest.iter().filter_map(|(_, cost)| cost.map(parameters)).collect();
        each.join(" + ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: Cost = Cost { memory_kib: 19_456, iterations: 2, parallelism: 1 };
    const LARGE: Cost = Cost { memory_kib: 262_144, iterations: 1, parallelism: 1 };

    fn target(costs: &[Cost]) -> WorkTarget {
        let target = WorkTarget::of(HashCost::Argon2(CURRENT));
        costs.iter().fold(target, |target, cost| target.including(HashCost::Argon2(*cost)))
    }

    // S-09
    #[test]
    fn the_remaining_work_completes_every_hash_to_the_same_work() {
        let target = target(&[Cost::LEGACY, LARGE]);
        assert_eq!(target.work(Algorithm::Argon2id), 65_536 * 5);
        for cost in [CURRENT, LARGE, Cost { memory_kib: 7_171, iterations: 5, parallelism: 3 }] {
            let remaining = target.remaining(Some(HashCost::Argon2(cost)));
            let [HashCost::Argon2(remaining)] = remaining[..] else { panic!("{remaining:?}") };
            let missing = target.work(Algorithm::Argon2id) - cost.work() - remaining.work();
            let step = 4 * remaining.parallelism * remaining.iterations;
            assert!(missing < u64::from(step), "{missing} blocks are missing");
            assert_eq!(remaining.parallelism, Cost::LEGACY.parallelism);
            assert!(remaining.blocks() <= target.blocks());
        }
        assert_eq!(target.remaining(Some(HashCost::Argon2(Cost::LEGACY))), []);
        assert_eq!(target.remaining(None), [HashCost::Argon2(Cost::LEGACY)]);
        let few_blocks_left = Cost::LEGACY.work() - 5 * 8;
        assert_eq!(Cost::LEGACY.rest(few_blocks_left).map(|cost| cost.parallelism), Some(1));
    }

    // S-04
    #[test]
    fn memory_is_that_of_the_largest_hash_within_the_bounds() {
        let target = target(&[Cost::LEGACY, LARGE]);
        assert_eq!((target.work(Algorithm::Argon2id), target.blocks()), (Cost::LEGACY.work(), 262_144));
        assert_eq!(target.including(HashCost::Argon2(Cost::HIGHEST)).blocks(), 262_144);
    }

    #[test]
    fn blocks_are_whole_segments() {
        assert_eq!(Cost { memory_kib: 7_171, iterations: 1, parallelism: 3 }.blocks(), 7_164);
        assert_eq!(CURRENT.work(), 38_912);
    }
}
