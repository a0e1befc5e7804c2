//! Guarantees of the embedded store beyond the shared contracts.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod backup;
mod changed_files;
mod clocks;
mod durability;
mod files;
mod limiter_size;
mod maintenance;
mod opening;
mod processes;
mod readiness;
mod rows;
mod support;
mod upgrade;
