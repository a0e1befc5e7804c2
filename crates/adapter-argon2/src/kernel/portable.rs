//! Blocks that the crate `argon2` fills.

use argon2::{Algorithm, Argon2, AssociatedData, Block, Error, ParamsBuilder, Version};

use super::blocks::{Blocks, Input, Variant};
use crate::error::HashError;

#[derive(Default)]
pub(super) struct PortableBlocks(Vec<Block>);

impl Blocks for PortableBlocks {
    fn hash(&mut self, input: &Input<'_>, output: &mut [u8]) -> Result<(), HashError> {
        let mut params = ParamsBuilder::new();
        params
            .m_cost(input.cost.memory_kib)
            .t_cost(input.cost.iterations)
            .p_cost(input.cost.parallelism)
            .output_len(output.len())
            .data(AssociatedData::new(input.data)?);
        let params = params.build()?;
        let blocks = self.allocate(params.block_count())?;
        let argon2 = Argon2::new_with_secret(input.secret, algorithm(input.variant), Version::V0x13, params)?;
        argon2.hash_password_into_with_memory(input.password, input.salt, output, blocks)?;
        Ok(())
    }

    fn allocated(&self) -> usize {
        self.0.len()
    }

    fn free(&mut self) {
        self.0 = Vec::new();
    }
}

impl PortableBlocks {
    /// Returns at least `count` blocks, and allocates them if necessary.
    fn allocate(&mut self, count: usize) -> Result<&mut [Block], HashError> {
        if self.0.len() < count {
            // Free the old blocks first, so that both are never allocated together.
            self.free();
            self.0.try_reserve_exact(count).map_err(|_| HashError::OutOfMemory)?;
            self.0.resize(count, Block::new());
        }
        Ok(&mut self.0)
    }
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
        Self::Rejected(error.to_string())
    }
}
