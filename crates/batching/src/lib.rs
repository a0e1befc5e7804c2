#![doc = include_str!("../README.md")]

mod batch;
mod batcher;
mod error;
mod queue;

pub use batcher::Batcher;
pub use error::BatchError;
