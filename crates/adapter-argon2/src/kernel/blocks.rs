//! What every implementation of Argon2 does.

use crate::cost::Cost;
use crate::error::HashError;

/// The memory blocks of one hash at a time, and the function that fills them.
pub(crate) trait Blocks: Send {
    /// Computes a hash (version 19) with the length of `output`. Allocates memory if the hash needs more than is allocated.
    ///
    /// # Errors
    /// `OutOfMemory`, or `Rejected` if a parameter or a length is out of bounds.
    fn hash(&mut self, input: &Input<'_>, output: &mut [u8]) -> Result<(), HashError>;

    /// The number of blocks that are allocated.
    fn allocated(&self) -> usize;

    /// Gives the memory back to the system.
    fn free(&mut self);
}

/// The input of a hash (RFC 9106 §3.1).
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) variant: Variant,
    pub(crate) cost: Cost,
    pub(crate) password: &'a [u8],
    pub(crate) salt: &'a [u8],
    pub(crate) secret: &'a [u8],
    /// Associated data.
    pub(crate) data: &'a [u8],
}

impl<'a> Input<'a> {
    /// The input of an Argon2id hash without secret and associated data, like all stored hashes.
    pub(crate) const fn stored(cost: Cost, password: &'a [u8], salt: &'a [u8]) -> Self {
        Self { variant: Variant::Id, cost, password, salt, secret: &[], data: &[] }
    }
}

/// The type of Argon2. Stored hashes are always Argon2id; its two halves are Argon2i and Argon2d.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Variant {
    D,
    I,
    Id,
}
