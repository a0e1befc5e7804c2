//! Parsers of values. Each error message has an example.

use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Parses an address and port.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("\"{text}\" is not an address with a port; write for example 127.0.0.1:8080"))
}

/// Parses addresses or CIDR ranges that are separated by commas.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    items(text)
        .map(|item| {
            let network = item.parse::<IpNet>().ok().or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from));
            network
                .ok_or_else(|| format!("\"{item}\" is not an address or range; write for example 10.0.0.10"))
        })
        .collect()
}

/// Parses a duration above zero.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it must be longer than zero; write for example 15m".to_owned()),
        lifetime => Ok(lifetime),
    }
}

/// Parses a duration above zero, in whole seconds.
pub(super) fn whole_seconds(text: &str) -> Result<Duration, String> {
    let lifetime = lifetime(text)?;
    if lifetime.subsec_nanos() != 0 {
        return Err("it must be whole seconds; write for example 15m".to_owned());
    }
    Ok(lifetime)
}

/// Parses a duration of at most ten years, zero included.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = humantime::parse_duration(text)
        .map_err(|_| format!("\"{text}\" is not a duration; write for example 15m, 7d or 10s"))?;
    if parsed > Duration::from_hours(10 * 365 * 24) {
        return Err("it must be at most ten years".to_owned());
    }
    Ok(parsed)
}

/// Parses a duration of at most `longest`, zero included.
pub(super) fn at_most(text: &str, longest: Duration) -> Result<Duration, String> {
    let parsed = duration(text)?;
    if parsed > longest {
        return Err(format!("it must be at most {}", humantime::format_duration(longest)));
    }
    Ok(parsed)
}

/// Parses the time for which a denylist entry outlives its token. It is longer than the 5 seconds for which this service
/// accepts an expired token.
pub(super) fn denylist_margin(text: &str) -> Result<Duration, String> {
    let margin = duration(text)?;
    if margin < Duration::from_secs(6) {
        return Err(
            "it must be at least 6s; otherwise a revoked token would be valid again just after it expires"
                .to_owned(),
        );
    }
    Ok(margin)
}

/// Parses a whole number of at least 1.
pub(super) fn positive<T: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, String> {
    text.parse()
        .ok()
        .filter(|number| *number >= T::from(1))
        .ok_or_else(|| format!("\"{text}\" is not a whole number of at least 1"))
}

/// Parses a limit; `None` for 0, which switches it off.
pub(super) fn limit(text: &str) -> Result<Option<NonZeroU32>, String> {
    let number: Option<u32> = text.parse().ok();
    number.map(NonZeroU32::new).ok_or_else(|| {
        format!("\"{text}\" is not a whole number; write for example 60, or 0 to switch the limit off")
    })
}

/// Parses a whole number of at least 1, or `cores` for the number of cores of the machine.
pub(super) fn positive_or_cores(text: &str) -> Result<usize, String> {
    if text == "cores" {
        return Ok(std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
    }
    positive(text).map_err(|_| format!("\"{text}\" is neither a whole number of at least 1 nor `cores`"))
}

/// Parses a switch.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        other => Err(format!("\"{other}\" is neither on nor off")),
    }
}

/// Parses a text that is not empty.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it must not be empty".to_owned());
    }
    Ok(text.to_owned())
}

/// Parses a filter of log lines.
///
/// The filter takes a word that is not a level for a module, so a misspelt level would switch off the log.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    if items(text).next().is_none() {
        return Err("it must not be empty; write for example info".to_owned());
    }
    if let Some(word) = items(text).find(|item| is_word(item) && item.parse::<LevelFilter>().is_err()) {
        return Err(format!(
            "\"{word}\" is not a level; write off, error, warn, info, debug or trace, or {word}=info for a module"
        ));
    }
    let filter = EnvFilter::try_new(text).map(|_| text.to_owned());
    filter.map_err(|error| format!("\"{text}\" is not a filter ({error}); write for example info"))
}

/// Returns whether a directive is a bare word, without a target, a span or a field.
fn is_word(directive: &str) -> bool {
    !directive.contains(['=', '[', ']', '{', '}'])
}

/// Returns the items of a comma-separated list, without blank ones.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}
