//! The work of every rejected login.

use crate::cost::Cost;

/// The work that every rejected login must do, and the memory of every permit: those of the most expensive stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkTarget {
    highest: Cost,
    blocks: u32,
}

/// The minimum memory of a hash, in KiB for each lane.
const MIN_KIB: u32 = 8;
/// The memory of a hash is a multiple of this, in KiB for each lane.
const STEP_KIB: u32 = 4;

impl WorkTarget {
    /// The target if every stored hash has this cost.
    pub(crate) const fn of(cost: Cost) -> Self {
        Self { highest: cost, blocks: cost.blocks() }
    }

    /// The target if hashes of this cost are stored, too.
    pub(crate) fn including(self, cost: Cost) -> Self {
        let highest = if cost.work() > self.highest.work() { cost } else { self.highest };
        Self { highest, blocks: self.blocks.max(cost.blocks()) }
    }

    /// The cost of the hash with the most work.
    pub(crate) const fn highest_cost(self) -> Cost {
        self.highest
    }

    /// The number of block compressions of a rejected login.
    pub(crate) const fn work(self) -> u64 {
        self.highest.work()
    }

    /// The memory of a permit in blocks. A hash with less work may need more memory than the one with the most work.
    pub(crate) const fn blocks(self) -> u32 {
        self.blocks
    }

    /// Returns the cost of one more hash that completes the work after `done` block compressions; `None` if nothing
    /// remains.
    ///
    /// It has as many lanes as the target if there is enough memory for them: a block with more lanes takes longer. The sum may be
    /// less than the target by one memory step per pass, which is some ten microseconds.
    pub(crate) fn remaining(self, done: u64) -> Option<Cost> {
        if done == 0 {
            return Some(self.highest);
        }
        let iterations = self.highest.iterations.max(1);
        let left = self.work().saturating_sub(done) / u64::from(iterations);
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        let with = |parallelism: u32| {
            let step = STEP_KIB.saturating_mul(parallelism).max(1);
            let memory_kib = left / step * step;
            let is_enough = memory_kib >= MIN_KIB.saturating_mul(parallelism);
            is_enough.then_some(Cost { memory_kib, iterations, parallelism })
        };
        with(self.highest.parallelism).or_else(|| with(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: Cost = Cost { memory_kib: 19_456, iterations: 2, parallelism: 1 };
    const LARGE: Cost = Cost { memory_kib: 262_144, iterations: 1, parallelism: 1 };

    // S-09
    #[test]
    fn the_remaining_work_completes_every_hash_to_the_same_work() {
        let target = WorkTarget::of(CURRENT).including(Cost::LEGACY).including(LARGE);
        assert_eq!(target.work(), 65_536 * 5);
        for cost in [CURRENT, LARGE, Cost { memory_kib: 7_171, iterations: 5, parallelism: 3 }] {
            let remaining = target.remaining(cost.work()).unwrap();
            let missing = target.work() - cost.work() - remaining.work();
            let step = STEP_KIB * remaining.parallelism * remaining.iterations;
            assert!(missing < u64::from(step), "{missing} blocks are missing");
            assert_eq!(remaining.parallelism, Cost::LEGACY.parallelism);
            assert!(remaining.blocks() <= target.blocks());
        }
        assert_eq!(target.remaining(Cost::LEGACY.work()), None);
        assert_eq!(target.remaining(0), Some(Cost::LEGACY));
        let few_blocks_left = target.work() - 5 * u64::from(MIN_KIB);
        assert_eq!(target.remaining(few_blocks_left).map(|cost| cost.parallelism), Some(1));
    }

    // S-04
    #[test]
    fn memory_is_that_of_the_largest_hash_within_the_bounds() {
        let target = WorkTarget::of(Cost::LEGACY).including(LARGE);
        assert_eq!((target.highest_cost(), target.blocks()), (Cost::LEGACY, 262_144));
        assert_eq!(target.including(Cost::HIGHEST).blocks(), 262_144);
    }

    #[test]
    fn blocks_are_whole_segments() {
        assert_eq!(Cost { memory_kib: 7_171, iterations: 1, parallelism: 3 }.blocks(), 7_164);
        assert_eq!(CURRENT.work(), 38_912);
    }
}
