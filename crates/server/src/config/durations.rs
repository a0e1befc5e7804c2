//! Parsers of durations.

use std::time::Duration;

/// The longest duration of a setting: ten years.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);
/// The units that a duration cannot have: `M` is a month, but looks like a minute, and the length of months and years varies.
const UNCLEAR_UNITS: [&str; 8] = ["M", "month", "months", "y", "yr", "yrs", "year", "years"];

/// Parses a duration of at most ten years, zero included.
pub(super) fn any(text: &str) -> Result<Duration, String> {
    if text.parse::<f64>().is_ok_and(|number| number > 0.0) {
        return Err(format!("{text:?} has no unit; write for example {text}s, {text}m or {text}d"));
    }
    let mut units = text.split(|letter: char| !letter.is_alphabetic());
    if let Some(unit) = units.find(|unit| UNCLEAR_UNITS.contains(unit)) {
        return Err(format!("{text:?} has the unit {unit}; write s, m (minutes), h, d or w"));
    }
    let parsed = humantime::parse_duration(text)
        .map_err(|_| format!("{text:?} is not a duration; write for example 15m, 7d or 10s"))?;
    if parsed > LONGEST {
        return Err(format!("{text:?} is too long; write at most 3650d"));
    }
    Ok(parsed)
}

/// Parses a duration of at most `longest`, zero included.
pub(super) fn at_most(text: &str, longest: Duration) -> Result<Duration, String> {
    let parsed = any(text)?;
    if parsed > longest {
        return Err(format!("{text:?} is too long; write at most {}", humantime::format_duration(longest)));
    }
    Ok(parsed)
}

/// Parses a duration of at least a second. A shorter one is a mistake, such as `5ms` for five minutes.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    at_least(text, Duration::from_secs(1))
}

/// Parses a duration of at least `shortest`.
pub(super) fn at_least(text: &str, shortest: Duration) -> Result<Duration, String> {
    let parsed = any(text)?;
    if parsed < shortest {
        return Err(format!(
            "{text:?} is too short; write at least {}",
            humantime::format_duration(shortest)
        ));
    }
    Ok(parsed)
}

/// Parses a duration of at least a second, in whole seconds.
pub(super) fn whole_seconds(text: &str) -> Result<Duration, String> {
    let lifetime = lifetime(text)?;
    if lifetime.subsec_nanos() != 0 {
        return Err(format!("{text:?} is not a number of whole seconds; write for example 15m"));
    }
    Ok(lifetime)
}

/// Parses a duration of at least a second; `None` for zero, which switches something off.
pub(super) fn lifetime_or_off(text: &str) -> Result<Option<Duration>, String> {
    match any(text)? {
        Duration::ZERO => Ok(None),
        _ => lifetime(text).map(Some),
    }
}
