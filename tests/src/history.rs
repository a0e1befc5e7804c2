//! Histories of calls under load and faults, and the check of each session's history against the contract.
//!
//! A [`Recorder`] makes calls to several instances and records each with its answer. [`check`] is a pure function of the
//! recorded calls and the [`Rules`] of the run. It knows only real-time order: call A precedes call B if A was answered
//! before B was sent; calls that overlap may have taken effect in any order. A call without a definite answer may or may not have taken
//! effect.

mod access;
mod call;
mod check;
mod recorder;
mod refreshes;
mod report;
mod rules;
mod session;

pub use call::{Answer, Call, Digest, Issued, Operation};
pub use check::check;
pub use recorder::{Received, Recorder};
pub use report::{Report, Violation};
pub use rules::{Exception, Period, Rules};

#[cfg(test)]
mod tests;
