//! The audit stream: each security event is one valid record.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod commands;
mod events;
