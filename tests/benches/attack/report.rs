//! The table of results, and the list of what must not happen.

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use crate::flood::Tally;
use crate::honest::{Experience, LOGIN_LIMIT};
use crate::target::{Route, Target};

/// What the service may take beyond idle: stacks, buffers and the 48 MiB for unfinished heads and unsent responses.
const SLACK_MIB: u64 = 48 + 64;
/// The state of one open connection in the service: its task, its place in the table, its socket's entry in the poll set.
const PER_CONNECTION_KIB: u64 = 8;

/// Everything printed and checked so far.
#[derive(Default)]
pub(crate) struct Report {
    /// Logins with the right password that the machine computes in a second, without an attack.
    pub(crate) hash_rate: f64,
    violations: Vec<String>,
}

/// One attack and what it did.
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) route: Route,
    pub(crate) target: &'a Target,
    pub(crate) seen: Experience,
    pub(crate) time: Duration,
    pub(crate) tally: &'a Tally,
    /// The most connections that the attackers held at once.
    pub(crate) connections: usize,
    /// What hashing may take: one block of memory for each permit, in MiB.
    pub(crate) hashing_mib: u64,
}

impl Report {
    pub(crate) fn header(&self) {
        println!("hash rate without an attack: {:.0} logins/s\n", self.hash_rate);
        println!(
            "{:22} {:7} {:>15} {:>15} {:>15} {:>9} {:>9} {:>7} {:>9} {:>7} {:>12} {:>6}",
            "attack",
            "route",
            "login p50/p99",
            "refresh p50/p99",
            "logout p50/p99",
            "longest",
            "503, 429",
            "failed",
            "logins/s",
            "share",
            "idle/peak",
            "bound"
        );
        println!(
            "{:22} {:7} {:>15} {:>15} {:>15} {:>9} {:>9} {:>7} {:>9} {:>7} {:>12} {:>6}\n",
            "", "", "ms", "ms", "ms", "wait s", "", "", "", "of rate", "MiB", "MiB"
        );
    }

    /// Prints a row and checks it against the limits.
    pub(crate) fn row(&mut self, mut row: Row<'_>) {
        let seen = &mut row.seen;
        let peak = row.target.peak() / 1_024;
        let connections = u64::try_from(row.connections).unwrap_or(u64::MAX);
        let bound =
            (row.target.idle + connections * PER_CONNECTION_KIB) / 1_024 + row.hashing_mib + SLACK_MIB;
        let goodput = count(seen.logins.len()) / row.time.as_secs_f64();
        let longest = seen.waits.iter().max().copied().unwrap_or_default();
        println!(
            "{:22} {:7} {:>15} {:>15} {:>15} {:>9.1} {:>9} {:>7} {:>9.1} {:>6.0}% {:>12} {:>6}",
            row.name,
            row.route.name(),
            percentiles(&mut seen.logins),
            percentiles(&mut seen.refreshes),
            percentiles(&mut seen.logouts),
            longest.as_secs_f64(),
            seen.rejected,
            seen.failures.len(),
            goodput,
            100.0 * goodput / self.hash_rate,
            format!("{}/{peak}", row.target.idle / 1_024),
            bound
        );
        let tally = row.tally.to_string();
        if !tally.is_empty() {
            println!("{:22} {:7} responses to attackers: {tally}", "", "");
        }
        let place = format!("{}, {}", row.name, row.route.name());
        if peak > bound {
            self.violation(format!("{place}: the service took {peak} MiB, more than {bound} MiB"));
        }
        if seen.locked_out > 0 {
            let (locked_out, limit) = (seen.locked_out, LOGIN_LIMIT.as_secs());
            self.violation(format!("{place}: {locked_out} honest logins got no 200 within {limit} s"));
        }
        if let Some(first) = seen.failures.first() {
            let failures = seen.failures.len();
            self.violation(format!(
                "{place}: {failures} requests of honest clients failed, the first: {first}"
            ));
        }
    }

    /// Records something that must not happen.
    pub(crate) fn violation(&mut self, what: impl Display) {
        println!("  FAILED: {what}");
        self.violations.push(what.to_string());
    }

    /// Prints the outcome.
    pub(crate) fn finish(self) -> ExitCode {
        if self.violations.is_empty() {
            println!("\nall attacks withstood");
            return ExitCode::SUCCESS;
        }
        println!("\n{} failures:", self.violations.len());
        for violation in &self.violations {
            println!("- {violation}");
        }
        ExitCode::FAILURE
    }
}

/// The median and the 99th percentile in milliseconds.
fn percentiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |percent: usize| {
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).map_or_else(|| "-".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1e3))
    };
    format!("{} / {}", at(50), at(99))
}

/// A count as a floating-point number.
pub(crate) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}
