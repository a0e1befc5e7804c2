//! Three instances under load while stores, sentinels and instances fail: the history of every session is checked.
//!
//! `just test` runs a short form of each test. `just soak` runs them in full and records the figures of `docs/reliability.md`.
#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod failovers;
mod faults;
mod forgotten;
mod mixed;
mod process;
mod redis;
mod three_instances;

use tokio::sync::{Mutex, MutexGuard};

/// Waits until no other test of this program runs: the tests measure times.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
