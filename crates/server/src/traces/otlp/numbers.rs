//! Numbers in variables.

use std::time::Duration;

/// The longest time in a variable; longer ones are mistakes.
const LONGEST: u64 = 3_600_000;
/// The most spans in the queue. Each takes about a kilobyte.
const MOST_SPANS: usize = 65_536;

/// Parses a number of spans.
pub(super) fn spans(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_SPANS).contains(number));
    number.ok_or_else(|| format!("it is not a number of spans; write a whole number from 1 to {MOST_SPANS}"))
}

/// Parses a time in milliseconds.
pub(super) fn milliseconds(text: &str) -> Result<Duration, String> {
    let number = text.parse().ok().filter(|number| (1..=LONGEST).contains(number));
    let number = number.ok_or_else(|| {
        format!("it is not a time in milliseconds; write a whole number from 1 to {LONGEST}")
    })?;
    Ok(Duration::from_millis(number))
}
