//! The rules of the login limit, as pure functions.
//!
//! Each takes the stored attempts and returns those to store instead. A store in Rust calls the functions. A store that
//! cannot call them mirrors them, and `auth_testkit::generated` compares it with them. Times are Unix microseconds.

mod attempt;
mod limit;
mod settling;

#[cfg(test)]
mod tests;

pub use attempt::{Attempt, AttemptState, Windows};
pub use limit::AttemptLimit;
pub use settling::{clear, settle};
