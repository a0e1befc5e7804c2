#![doc = include_str!("../README.md")]

mod error;
mod fields;
mod member;
mod names;
mod number;
mod reader;
mod strict;

#[cfg(test)]
mod tests;

pub use error::{Error, Position};
pub use member::{JsonType, Member};
pub use number::Number;
pub use reader::{Options, object};
