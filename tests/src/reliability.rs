//! The faults of `docs/reliability.md`, and the figures that tests measure under them.

mod fault;
mod figures;
mod page;

pub use fault::{Fault, Section};
pub use figures::{Figures, results};
pub use page::updated;
