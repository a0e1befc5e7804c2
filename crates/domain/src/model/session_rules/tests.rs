//! The rules, one table for each outcome, and invariants over generated sequences.

mod ending;
mod fixtures;
mod invariants;
mod listing;
mod live_tokens;
mod rotation;
