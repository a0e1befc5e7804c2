//! The memory of hashes, reused from one hash to the next.

use zeroize::Zeroizing;

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
    work: u64,
}

impl Memory {
    /// Allocates nothing until the first hash.
    pub(crate) fn new(kernel: Kernel) -> Self {
        Self { blocks: (kernel.blocks)(), kept: 0, work: 0 }
    }

    /// Sets the number of blocks that are kept between hashes, and allocates as many.
    ///
    /// New memory is filled once. Otherwise the system would provide its pages during the first hash that needs all of
    /// them, and the time of that hash would show that it is larger than others.
    pub(crate) fn prepare(&mut self, kept: u32) -> Result<(), HashError> {
        self.kept = kept as usize;
        if self.blocks.allocated() < self.kept {
            let cost = Cost { memory_kib: kept, iterations: 1, parallelism: 1 };
            self.hash(cost, &[], &[0; 8], 4)?;
        }
        self.work = 0;
        Ok(())
    }

    /// Computes a hash of `length` bytes with Argon2id version 19.
    pub(crate) fn hash(
        &mut self,
        cost: Cost,
        password: &[u8],
        salt: &[u8],
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let mut hash = Zeroizing::new(vec![0; length]);
        self.blocks.hash(&Input::stored(cost, password, salt), &mut hash)?;
        self.work = self.work.saturating_add(cost.work());
        Ok(hash)
    }

    /// The number of block compressions since the memory was prepared.
    pub(crate) const fn work(&self) -> u64 {
        self.work
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

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost { memory_kib: 32, iterations: 3, parallelism: 4 };

    fn kernels() -> [Kernel; 2] {
        [Kernel::PORTABLE, Kernel::fast()]
    }

    #[test]
    fn a_hash_does_not_depend_on_earlier_contents_of_the_memory() {
        for kernel in kernels() {
            let mut used = Memory::new(kernel);
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
            let mut memory = Memory::new(kernel);
            assert_eq!(memory.blocks.allocated(), 0);
            memory.prepare(16).unwrap();
            assert_eq!((memory.blocks.allocated(), memory.work()), (16, 0));
            memory.hash(COST, b"password", b"some salt", 32).unwrap();
            assert_eq!((memory.blocks.allocated(), memory.work()), (32, 96));
            memory.shrink();
            assert_eq!(memory.blocks.allocated(), 0);
            memory.prepare(16).unwrap();
            let small = Cost { memory_kib: 8, iterations: 1, parallelism: 1 };
            memory.hash(small, b"password", b"some salt", 32).unwrap();
            memory.shrink();
            assert_eq!(memory.blocks.allocated(), 16, "the kept size is not freed");
        }
    }

    #[test]
    fn a_rejection_of_the_library_is_an_error() {
        for kernel in kernels() {
            let mut memory = Memory::new(kernel);
            assert!(memory.hash(COST, b"password", b"short", 32).is_err());
            assert!(memory.hash(COST, b"password", b"some salt", 3).is_err());
            let no_lanes = Cost { parallelism: 0, ..COST };
            assert!(memory.hash(no_lanes, b"password", b"some salt", 32).is_err());
        }
    }
}
