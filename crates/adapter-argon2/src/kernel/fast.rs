//! Blocks that the crate `argon2-rust` fills.

use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Algorithm, Argon2, Error, Hasher, Params, Version};

use super::blocks::{Blocks, Input, Variant};
use crate::error::HashError;

/// A hasher, from its first hash on. It wipes its memory after each hash, and keeps it for the next one.
#[derive(Default)]
pub(super) struct FastBlocks(Option<Hasher>);

impl Blocks for FastBlocks {
    fn hash(&mut self, input: &Input<'_>, output: &mut [u8]) -> Result<(), HashError> {
        let argon2 = Argon2::new(algorithm(input.variant), Version::V0x13, params(input, output.len())?);
        let hasher = self.0.get_or_insert_with(|| argon2.hasher());
        hasher.set_argon2(argon2);
        hasher.hash_into_with_ad(input.password, input.salt, input.secret, input.data, output)?;
        Ok(())
    }

    fn allocated(&self) -> usize {
        self.0.as_ref().map_or(0, Hasher::reserved_blocks)
    }

    fn free(&mut self) {
        self.0 = None;
    }
}

fn params(input: &Input<'_>, length: usize) -> Result<Params, Error> {
    let cost = input.cost;
    Params::builder()
        .memory(Memory::kib(cost.memory_kib.into()))
        .passes(cost.iterations)
        .lanes(cost.parallelism)
        .threads(1)
        .tag_len(TagLen::bytes(length as u64))
        .build()
}

const fn algorithm(variant: Variant) -> Algorithm {
    match variant {
        Variant::D => Algorithm::Argon2d,
        Variant::I => Algorithm::Argon2i,
        Variant::Id => Algorithm::Argon2id,
    }
}

impl From<Error> for HashError {
    fn from(error: Error) -> Self {
        match error {
            Error::MemoryAllocationError => Self::OutOfMemory,
            rejected => Self::Rejected(rejected.to_string()),
        }
    }
}
