//! The memory that hashes are computed in, reused from one hash to the next.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use crate::cost::Cost;
use crate::error::HashError;

/// The blocks of one permit.
///
/// Allocating them for each hash costs a quarter of its time, and lets the allocator's leftovers
/// grow to gigabytes under load.
#[derive(Default)]
pub(crate) struct Memory {
    blocks: Vec<Block>,
    ordinary: usize,
    work: u64,
}

impl Memory {
    /// Takes memory for `ordinary` blocks.
    pub(crate) fn new(ordinary: usize) -> Result<Self, HashError> {
        let mut memory = Self { ordinary, ..Self::default() };
        memory.at_least(ordinary)?;
        Ok(memory)
    }

    /// Computes a hash of `length` bytes with Argon2id, version 19.
    pub(crate) fn hash(
        &mut self,
        cost: Cost,
        password: &[u8],
        salt: &[u8],
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(length))?;
        let blocks = self.at_least(params.block_count())?;
        let mut hash = Zeroizing::new(vec![0; length]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password, salt, &mut hash, blocks)?;
        self.work = self.work.saturating_add(cost.work());
        Ok(hash)
    }

    /// Sets the number of blocks that are kept between hashes.
    pub(crate) const fn keep(&mut self, ordinary: usize) {
        self.ordinary = ordinary;
    }

    /// Returns the block compressions since the last call.
    pub(crate) const fn take_work(&mut self) -> u64 {
        std::mem::replace(&mut self.work, 0)
    }

    /// Gives back what an extraordinary hash has taken; the next hash takes the ordinary size again.
    pub(crate) fn shrink(&mut self) {
        if self.blocks.len() > self.ordinary {
            self.blocks = Vec::new();
        }
    }

    /// Returns at least `count` blocks.
    fn at_least(&mut self, count: usize) -> Result<&mut [Block], HashError> {
        if self.blocks.len() < count {
            let count = count.max(self.ordinary);
            // The old blocks go first, so that both are never held at once.
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
    fn a_hash_does_not_depend_on_what_the_memory_held_before() {
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
    fn memory_grows_for_a_greater_hash_and_is_given_back() {
        let mut memory = Memory::new(16).unwrap();
        memory.hash(COST, b"password", b"some salt", 32).unwrap();
        assert_eq!(memory.blocks.len(), 32);
        memory.shrink();
        assert_eq!(memory.blocks.capacity(), 0);
        let small = Cost { memory_kib: 8, iterations: 1, parallelism: 1 };
        memory.hash(small, b"password", b"some salt", 32).unwrap();
        assert_eq!(memory.blocks.len(), 16);
        memory.shrink();
        assert_eq!(memory.blocks.len(), 16, "the ordinary size is kept");
    }

    #[test]
    fn what_the_library_rejects_is_an_error() {
        let mut memory = Memory::new(8).unwrap();
        assert!(memory.hash(COST, b"password", b"short", 32).is_err());
        assert!(memory.hash(COST, b"password", b"some salt", 3).is_err());
    }
}
