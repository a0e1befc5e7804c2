//! The rules of a session, as pure functions.
//!
//! Each takes the stored record, the request and the time, and returns the outcome with the change to store. A store
//! in Rust calls the functions. A store that cannot call them mirrors them, and `auth_testkit::generated` compares it
//! with them. All compare times in whole microseconds.

mod change;
mod clock_ahead;
mod ending;
mod limits;
mod listing;
mod live_tokens;
mod lost_rotation;
mod opening;
mod rotation;

#[cfg(test)]
mod tests;

pub use change::{Change, Decision};
pub use clock_ahead::correct;
pub use ending::{end, end_all};
pub use listing::live;
pub use lost_rotation::rotation_may_be_lost;
pub use opening::{open, surplus};
pub use rotation::rotate;
