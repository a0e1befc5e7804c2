//! The rules, one table for each outcome, and invariants over generated sequences.

mod clock_ahead;
mod ending;
mod fixtures;
mod invariants;
mod limits;
mod listing;
mod live_tokens;
mod rotation;
mod sharing;
