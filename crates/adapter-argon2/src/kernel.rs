//! The implementations of Argon2 (RFC 9106).

mod blocks;
mod fast;
mod portable;

pub(crate) use blocks::{Blocks, Input, Variant};
use fast::FastBlocks;
use portable::PortableBlocks;

/// An implementation of Argon2.
#[derive(Clone, Copy)]
pub(crate) struct Kernel {
    /// The instruction set, or `portable`.
    pub(crate) name: &'static str,
    /// Returns the memory of one hash at a time. It allocates nothing.
    pub(crate) blocks: fn() -> Box<dyn Blocks>,
}

impl Kernel {
    /// The crate `argon2`, which is also the reference.
    pub(crate) const PORTABLE: Self =
        Self { name: "portable", blocks: || Box::new(PortableBlocks::default()) };

    /// The crate `argon2-rust`, with the best instruction set of this CPU.
    pub(crate) fn fast() -> Self {
        Self { name: argon2_rust::detected_backend().name(), blocks: || Box::new(FastBlocks::default()) }
    }
}

#[cfg(test)]
mod tests;
