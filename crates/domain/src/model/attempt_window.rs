//! The rules of the login limit, as pure functions.
//!
//! Each takes what is stored and returns what to store instead. A store in Rust calls the functions. A store that
//! cannot call them mirrors them, and `auth_testkit::generated` compares it with them. Times are Unix microseconds.

mod attempt;
mod daily_count;
mod known_addresses;
mod limits;
mod records;
mod reserving;
mod settling;
mod status;
mod success;
mod window;

#[cfg(test)]
mod tests;

pub use attempt::{Attempt, AttemptState};
pub use daily_count::{DailyClass, DailyCount, HOURS};
pub use limits::{LimitBounds, LoginLimits};
pub use records::LimitRecords;
pub use success::Success;
pub use window::clear;
