//! The memory of hashes, reused from one hash to the next.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::ports::Clock;
use zeroize::Zeroizing;

use crate::algorithms::{BcryptCost, HashCost, PerAlgorithm};
use crate::cost::Cost;
use crate::error::HashError;
use crate::kernel::{Blocks, Input, Kernel};

/// The memory of one permit, and the kernel that computes hashes in it.
///
/// Allocating it for each hash would take a quarter of the time of the hash.
pub(crate) struct Memory {
    blocks: Box<dyn Blocks>,
    /// The number of blocks that are kept between hashes.
    kept: usize,
    clock: Arc<dyn Clock>,
    spent: PerAlgorithm<Spent>,
}

/// The work of some hashes of one algorithm, and the time that they took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) work: u64,
    pub(crate) time: Duration,
}

impl Memory {
    /// Allocates nothing until the first hash.
    pub(crate) fn new(kernel: Kernel, clock: Arc<dyn Clock>) -> Self {
        Self { blocks: (kernel.blocks)(), kept: 0, clock, spent: PerAlgorithm::default() }
    }

    /// Sets the number of blocks that are kept between hashes, and allocates as many.
    ///
    /// New memory is filled once. Otherwise the system would provide its pages during the first hash that needs all of
    /// them, and the time of that hash would show that it is larger than others.
    pub(crate) fn prepare(&mut self, kept: u32) -> Result<(), HashError> {
        self.kept = kept as usize;
        if self.blocks.allocated() < self.kept {
            let cost = Cost { memory_kib: kept, iterations: 1, parallelism: 1 };
            self.blocks.hash(&Input::stored(cost, &[], &[0; 8]), &mut [0; 4])?;
        }
        self.spent = PerAlgorithm::default();
        Ok(())
    }

    /// Computes a hash of `length` bytes.
    pub(crate) fn hash(
        &mut self,
        cost: HashCost,
        password: &[u8],
        salt: &[u8],
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let mut hash = Zeroizing::new(vec![0; length]);
        let started = self.clock.instant();
        match cost {
            HashCost::Argon2(cost) => {
                self.blocks.hash(&Input::stored(cost, password, salt), &mut hash)?;
            }
            HashCost::Bcrypt(cost) => bcrypt(cost, password, salt, &mut hash)?,
            HashCost::Pbkdf2(cost) => cost.hash(password, salt, &mut hash),
            HashCost::Scrypt(cost) => cost.hash(password, salt, &mut hash)?,
        }
        let spent = self.spent.get_mut(cost.algorithm());
        spent.work = spent.work.saturating_add(cost.work());
        spent.time += self.clock.instant().saturating_duration_since(started);
        Ok(hash)
    }

    /// What was spent since the memory was prepared.
    pub(crate) const fn spent(&self) -> &PerAlgorithm<Spent> {
        &self.spent
    }

    /// Frees the memory if a hash needed more than is kept.
    pub(crate) fn shrink(&mut self) {
        if self.blocks.allocated() > self.kept {
            self.free();
        }
    }

    /// Frees the memory. The next hash allocates it again.
    pub(crate) fn free(&mut self) {
        self.blocks.free();
    }
}

fn bcrypt(cost: BcryptCost, password: &[u8], salt: &[u8], output: &mut [u8]) -> Result<(), HashError> {
    let salt = salt.try_into().map_err(|_| HashError::Rejected("the salt must have 16 bytes".to_owned()))?;
    let hash = Zeroizing::new(cost.hash(password, salt));
    output.iter_mut().zip(hash.iter()).for_each(|(output, byte)| *output = *byte);
    Ok(())
}

#[cfg(test)]
mod tests {
    use auth_testkit::TestClock;

    use super::*;
    use crate::algorithms::Algorithm;

    const ARGON2: Cost = Cost { memory_kib: 32, iterations: 3, parallelism: 4 };
    const COST: HashCost = HashCost::Argon2(ARGON2);

    fn kernels() -> [Kernel; 2] {
        [Kernel::PORTABLE, Kernel::fast()]
    }

    fn work(memory: &Memory) -> u64 {
        memory.spent().get(Algorithm::Argon2id).work
    }

    #[test]
    fn a_hash_does_not_depend_on_earlier_contents_of_the_memory() {
        for kernel in kernels() {
            let mut used = Memory::new(kernel, TestClock::new());
            let first = used.hash(COST, b"password", b"some salt", 32).unwrap();
            used.hash(COST, b"other", b"other salt", 64).unwrap();
            used.prepare(64).unwrap();
            assert_eq!(used.hash(COST, b"password", b"some salt", 32).unwrap(), first, "{}", kernel.name);
        }
    }

    // S-04
    #[test]
    fn memory_grows_for_a_larger_hash_and_is_freed_afterwards() {
        for kernel in kernels() {
            let mut memory = Memory::new(kernel, TestClock::new());
            assert_eq!(memory.blocks.allocated(), 0);
            memory.prepare(16).unwrap();
            assert_eq!((memory.blocks.allocated(), work(&memory)), (16, 0));
            memory.hash(COST, b"password", b"some salt", 32).unwrap();
            assert_eq!((memory.blocks.allocated(), work(&memory)), (32, 96));
            memory.shrink();
            assert_eq!(memory.blocks.allocated(), 0);
            memory.prepare(16).unwrap();
            let small = HashCost::Argon2(Cost { memory_kib: 8, iterations: 1, parallelism: 1 });
            memory.hash(small, b"password", b"some salt", 32).unwrap();
            memory.shrink();
            assert_eq!(memory.blocks.allocated(), 16, "the kept size is not freed");
        }
    }

    #[test]
    fn a_rejection_of_the_library_is_an_error() {
        for kernel in kernels() {
            let mut memory = Memory::new(kernel, TestClock::new());
            assert!(memory.hash(COST, b"password", b"short", 32).is_err());
            assert!(memory.hash(COST, b"password", b"some salt", 3).is_err());
            let no_lanes = HashCost::Argon2(Cost { parallelism: 0, ..ARGON2 });
            assert!(memory.hash(no_lanes, b"password", b"some salt", 32).is_err());
        }
    }
}
