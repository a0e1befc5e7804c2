//! The memory of hashes, reused from one hash to the next.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use crate::cost::Cost;
use crate::error::HashError;

/// The memory blocks of one permit.
///
/// Allocating them for each hash would take a quarter of its time, and freed memory that the allocator keeps would grow to
/// gigabytes under load.
#[derive(Default)]
pub(crate) struct Memory {
    blocks: Vec<Block>,
    /// The number of blocks that are kept between hashes.
    kept: usize,
    work: u64,
}

impl Memory {
    /// Allocates `kept` blocks.
    pub(crate) fn new(kept: usize) -> Result<Self, HashError> {
        let mut memory = Self { kept, ..Self::default() };
        memory.allocate(kept)?;
        Ok(memory)
    }

    /// Computes a hash of `length` bytes with Argon2id version 19.
    pub(crate) fn hash(
        &mut self,
        cost: Cost,
        password: &[u8],
        salt: &[u8],
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(length))?;
        let blocks = self.allocate(params.block_count())?;
        let mut hash = Zeroizing::new(vec![0; length]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password, salt, &mut hash, blocks)?;
        self.work = self.work.saturating_add(cost.work());
        Ok(hash)
    }

    /// Sets the number of blocks that are kept between hashes.
    pub(crate) const fn keep(&mut self, kept: usize) {
        self.kept = kept;
    }

    /// Returns the number of block compressions since the last call.
    pub(crate) const fn take_work(&mut self) -> u64 {
        std::mem::replace(&mut self.work, 0)
    }

    /// Frees the memory if a hash needed more than is kept. The next hash allocates it again.
    pub(crate) fn shrink(&mut self) {
        if self.blocks.len() > self.kept {
            self.blocks = Vec::new();
        }
    }

    /// Returns at least `count` blocks, and allocates them if necessary.
    fn allocate(&mut self, count: usize) -> Result<&mut [Block], HashError> {
        if self.blocks.len() < count {
            let count = count.max(self.kept);
            // Free the old blocks first, so that both are never allocated together.
            self.blocks = Vec::new();
            self.blocks.try_reserve_exact(count)?;
            self.blocks.resize(count, Block::new());
        }
        Ok(&mut self.blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost { memory_kib: 32, iterations: 3, parallelism: 4 };

    #[test]
    fn a_hash_does_not_depend_on_earlier_contents_of_the_memory() {
        let mut used = Memory::new(8).unwrap();
        let first = used.hash(COST, b"password", b"some salt", 32).unwrap();
        used.hash(COST, b"other", b"other salt", 64).unwrap();
        assert_eq!(used.hash(COST, b"password", b"some salt", 32).unwrap(), first);
        let mut plain = [0; 32];
        let params = Params::new(32, 3, 4, Some(32)).unwrap();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(b"password", b"some salt", &mut plain)
            .unwrap();
        assert_eq!(first.as_slice(), plain);
    }

    // S-04
    #[test]
    fn memory_grows_for_a_larger_hash_and_is_freed_afterwards() {
        let mut memory = Memory::new(16).unwrap();
        memory.hash(COST, b"password", b"some salt", 32).unwrap();
        assert_eq!(memory.blocks.len(), 32);
        memory.shrink();
        assert_eq!(memory.blocks.capacity(), 0);
        let small = Cost { memory_kib: 8, iterations: 1, parallelism: 1 };
        memory.hash(small, b"password", b"some salt", 32).unwrap();
        assert_eq!(memory.blocks.len(), 16);
        memory.shrink();
        assert_eq!(memory.blocks.len(), 16, "the kept size is not freed");
    }

    #[test]
    fn a_rejection_of_the_library_is_an_error() {
        let mut memory = Memory::new(8).unwrap();
        assert!(memory.hash(COST, b"password", b"short", 32).is_err());
        assert!(memory.hash(COST, b"password", b"some salt", 3).is_err());
    }
}
