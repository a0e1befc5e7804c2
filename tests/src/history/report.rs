//! The result of a check.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::call::Call;
use super::rules::Exception;

/// The calls of a session that are shown before a violation.
const SHOWN: usize = 30;

/// A broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// Refreshes of one token got different successors.
    TwoSuccessors,
    /// A used token was accepted again, without the same key and outside `share`.
    UsedTwice,
    /// A token was accepted although its successor had been used before.
    OldTokenAccepted,
    /// A token was accepted after its session had ended.
    AliveAfterEnd,
    /// A session, or a token, was rejected without a reason that the contract knows.
    HonestLogout,
    /// A status, a form or a code that the contract does not allow.
    WrongAnswer,
    /// A call took longer than a request may.
    TooSlow,
    /// The tokens belong to another user or session.
    NotTheCallers,
}

/// The violations of a history, the exceptions that it needed, and its answers.
#[derive(Debug, Default)]
pub struct Report {
    /// Each violation with the call that shows it and the calls of its session.
    pub violations: Vec<(Violation, Call, Vec<Call>)>,
    /// The calls that each exception explains.
    pub exceptions: BTreeMap<Exception, Vec<Call>>,
    /// The number of calls.
    pub calls: usize,
    /// The number of sessions.
    pub sessions: usize,
    /// The number of sessions that no call has ended: their clients lost them.
    pub open: usize,
    /// The number of 503 and lost answers.
    pub unavailable: usize,
    /// The time of the longest call.
    pub longest: Duration,
}

impl Report {
    /// Fails the test if there is a violation.
    pub fn expect_clean(&self) {
        assert!(self.violations.is_empty(), "{self}");
    }

    /// Returns how often an exception was needed.
    pub fn count(&self, exception: Exception) -> usize {
        self.exceptions.get(&exception).map_or(0, Vec::len)
    }

    /// Adds the report of other sessions.
    pub fn add(&mut self, other: Self) {
        self.violations.extend(other.violations);
        for (exception, calls) in other.exceptions {
            self.exceptions.entry(exception).or_default().extend(calls);
        }
        self.calls += other.calls;
        self.sessions += other.sessions;
        self.open += other.open;
        self.unavailable += other.unavailable;
        self.longest = self.longest.max(other.longest);
    }

    pub(super) fn except(&mut self, exception: Exception, call: &Call) {
        self.exceptions.entry(exception).or_default().push(call.clone());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (calls, sessions, unavailable) = (self.calls, self.sessions, self.unavailable);
        writeln!(out, "{calls} calls of {sessions} sessions, {unavailable} not answered")?;
        for (exception, calls) in &self.exceptions {
            writeln!(out, "{exception:?}: {} calls, the first: {:?}", calls.len(), calls.first())?;
        }
        writeln!(out, "{} violations", self.violations.len())?;
        for (violation, call, session) in self.violations.iter().take(10) {
            writeln!(out, "\n{violation:?}: {call:?}\nin:")?;
            let last = session.partition_point(|other| other.start <= call.end);
            for call in &session[last.saturating_sub(SHOWN)..last] {
                let (start, end, instance) =
                    (call.start.as_secs_f64(), call.end.as_secs_f64(), call.instance);
                writeln!(out, "  {start:.3}-{end:.3} #{instance} {:?} -> {:?}", call.operation, call.answer)?;
            }
        }
        Ok(())
    }
}
