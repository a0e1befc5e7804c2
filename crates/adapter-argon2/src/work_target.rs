//! The work that a rejected login is charged.

use crate::cost::Cost;

/// The work and the memory of every turn: as much as any hash that may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    dearest: Cost,
    blocks: u32,
}

/// The least memory of a hash with one lane, in KiB.
const LEAST_KIB: u32 = 8;
/// The memory of a hash with one lane is a multiple of this, in KiB.
const STEP_KIB: u32 = 4;

impl Charge {
    /// The charge if every stored hash has this cost.
    pub(crate) const fn of(cost: Cost) -> Self {
        Self { dearest: cost, blocks: cost.blocks() }
    }

    /// The charge if hashes of this cost are stored, too.
    pub(crate) fn with(self, cost: Cost) -> Self {
        let dearest = if cost.work() > self.dearest.work() { cost } else { self.dearest };
        Self { dearest, blocks: self.blocks.max(cost.blocks()) }
    }

    /// The cost of the hash with the most work.
    pub(crate) const fn dearest(self) -> Cost {
        self.dearest
    }

    /// The block compressions of a turn.
    pub(crate) const fn work(self) -> u64 {
        self.dearest.work()
    }

    /// The blocks of memory of a turn. A cheaper hash may have more memory than the dearest.
    pub(crate) const fn blocks(self) -> usize {
        self.blocks as usize
    }

    /// The cost of one hash that completes a turn after `done` block compressions; `None` if nothing is left.
    ///
    /// The sum may be short of the full work by less than one step of memory per pass, which takes microseconds.
    pub(crate) fn rest(self, done: u64) -> Option<Cost> {
        if done == 0 {
            return Some(self.dearest);
        }
        let iterations = self.dearest.iterations.max(1);
        let left = self.work().saturating_sub(done) / u64::from(iterations);
        let memory_kib = u32::try_from(left).unwrap_or(u32::MAX) / STEP_KIB * STEP_KIB;
        (memory_kib >= LEAST_KIB).then_some(Cost { memory_kib, iterations, parallelism: 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: Cost = Cost { memory_kib: 19_456, iterations: 2, parallelism: 1 };
    const BROAD: Cost = Cost { memory_kib: 262_144, iterations: 1, parallelism: 1 };

    // S-09
    #[test]
    fn the_rest_completes_every_hash_to_the_same_work() {
        let charge = Charge::of(CURRENT).with(Cost::LEGACY).with(BROAD);
        assert_eq!(charge.work(), 65_536 * 5);
        for cost in [CURRENT, BROAD, Cost { memory_kib: 7_171, iterations: 5, parallelism: 3 }] {
            let rest = charge.rest(cost.work()).unwrap();
            let missing = charge.work() - cost.work() - rest.work();
            assert!(missing < u64::from(STEP_KIB * rest.iterations), "{missing} blocks are missing");
            assert!(rest.blocks() as usize <= charge.blocks());
        }
        assert_eq!(charge.rest(Cost::LEGACY.work()), None);
        assert_eq!(charge.rest(0), Some(Cost::LEGACY));
    }

    // S-04
    #[test]
    fn memory_is_that_of_the_greatest_hash_and_never_beyond_the_bounds() {
        let charge = Charge::of(Cost::LEGACY).with(BROAD);
        assert_eq!((charge.dearest(), charge.blocks()), (Cost::LEGACY, 262_144));
        assert_eq!(charge.with(Cost::HIGHEST).blocks(), 262_144);
    }

    #[test]
    fn blocks_are_whole_segments() {
        assert_eq!(Cost { memory_kib: 7_171, iterations: 1, parallelism: 3 }.blocks(), 7_164);
        assert_eq!(CURRENT.work(), 38_912);
    }
}
