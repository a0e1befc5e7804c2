//! Parsers of whole numbers.

use std::fmt::Display;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The largest number of a setting without a limit of its own.
pub(super) const LARGEST: u32 = 1_000_000_000;

/// Parses a number of `range`.
pub(super) fn within<T: FromStr + PartialOrd + Display>(
    text: &str,
    range: &RangeInclusive<T>,
) -> Result<T, String> {
    parsed(text, range).ok_or_else(|| format!("{text:?} is not allowed; {}", advice(range)))
}

/// Parses a number of `range`; `None` for `word`.
pub(super) fn within_or<T: FromStr + PartialOrd + Display>(
    text: &str,
    range: &RangeInclusive<T>,
    word: &str,
) -> Result<Option<T>, String> {
    if text == word {
        return Ok(None);
    }
    let number = parsed(text, range).map(Some);
    number.ok_or_else(|| format!("{text:?} is not allowed; {}, or {word}", advice(range)))
}

/// Parses a limit; `None` for 0, which switches it off.
pub(super) fn limit(text: &str) -> Result<Option<NonZeroU32>, String> {
    let number = parsed(text, &(0..=LARGEST)).map(NonZeroU32::new);
    number.ok_or_else(|| {
        format!("{text:?} is not allowed; {}, or 0 to switch the limit off", advice(&(1..=LARGEST)))
    })
}

fn parsed<T: FromStr + PartialOrd>(text: &str, range: &RangeInclusive<T>) -> Option<T> {
    text.parse().ok().filter(|number| range.contains(number))
}

fn advice<T: Display>(range: &RangeInclusive<T>) -> String {
    format!("write a whole number from {} to {}", range.start(), range.end())
}
