#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "this crate is test code, which fails by panicking"
)]

mod api;
pub mod audit;
mod binary;
pub mod board;
pub mod clock;
mod collector;
pub mod documents;
pub mod history;
mod installation;
pub mod jwt;
pub mod load;
pub mod randomness;
pub mod reliability;

mod process;
mod redis_form;
mod reply;
mod server;
pub mod sources;
pub mod spelling;
mod stores;
mod terminal;
mod upstream;
mod wire;

pub use api::{Api, send};
pub use collector::{Collector, Exported};
pub use installation::{ALICE, BOB, Installation, PASSWORD, WRONG_PASSWORD};
pub use process::{Finished, Process};
pub use redis_form::RedisForm;
pub use reply::{Reply, Tokens};
pub use rustix::process::Signal;
pub use server::Server;
pub use stores::{DURABLE, Servers, Stores};
pub use terminal::on_terminal;
pub use upstream::Upstream;
pub use wire::Wire;

/// Returns whether the tests run in full, and measure: with `SOAK` in the environment.
pub fn is_soak() -> bool {
    std::env::var_os("SOAK").is_some()
}

/// Returns how many rounds a randomised test runs: all of `full` in a soak run, else a twentieth.
pub fn rounds(full: usize) -> usize {
    if is_soak() { full } else { full.div_ceil(20) }
}
