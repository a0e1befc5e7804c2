//! What the adapter promises beyond the shared contract, on real servers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod cancelled;
mod clocks;
mod diagnostics;
mod late;
mod migrations;
mod outage;
mod platform;
mod privileges;
mod rows;
mod standby;
mod support;
mod tls;
