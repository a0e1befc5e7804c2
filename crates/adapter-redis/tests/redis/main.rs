//! What only this adapter promises: deadlines that a frozen server keeps, few commands, small records, and what happens
//! when the server is away, slow, forgetful or careful.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![expect(clippy::panic, reason = "a test fails by panicking, its helpers too")]

mod caching;
mod clocks;
mod commands;
mod connections;
mod deadlines;
mod diagnostics;
mod equality;
mod lost_replies;
mod outages;
mod pending;
mod records;
mod support;
