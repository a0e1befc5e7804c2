#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a property that does not hold panics"
)]

mod access_tokens;
mod addresses;
mod hashes;
mod heads;
mod json;
mod refresh_tokens;
mod targets;
mod texts;
mod urls;

pub use targets::{Property, TARGETS, check};
