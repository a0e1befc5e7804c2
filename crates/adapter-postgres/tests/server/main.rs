//! Tests of this adapter alone, on real servers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod batches;
mod cancelled;
mod clocks;
mod deadlines;
mod diagnostics;
mod migrations;
mod outage;
mod platform;
mod privileges;
mod rows;
mod standby;
mod support;
mod tls;
mod visibility;
mod workers;
