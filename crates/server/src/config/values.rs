//! Reading single values, with messages that show how to write them.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// An address and port.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("\"{text}\" is no address with a port; write for example 127.0.0.1:8080"))
}

/// Addresses or CIDR ranges, separated by commas.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    items(text)
        .map(|item| {
            let network = item.parse::<IpNet>().ok().or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from));
            network.ok_or_else(|| format!("\"{item}\" is no address or range; write for example 10.0.0.10"))
        })
        .collect()
}

/// A duration above zero.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it must be more than zero".to_owned()),
        lifetime => Ok(lifetime),
    }
}

/// A lifetime in whole seconds.
pub(super) fn whole_seconds(text: &str) -> Result<Duration, String> {
    let lifetime = lifetime(text)?;
    if lifetime.subsec_nanos() != 0 {
        return Err("it must be whole seconds".to_owned());
    }
    Ok(lifetime)
}

/// A duration, zero included, of at most ten years.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = humantime::parse_duration(text)
        .map_err(|_| format!("\"{text}\" is no duration; write for example 15m, 7d or 10s"))?;
    if parsed > Duration::from_hours(10 * 365 * 24) {
        return Err("it must be at most ten years".to_owned());
    }
    Ok(parsed)
}

/// A duration, zero included, of at most `longest`.
pub(super) fn at_most(text: &str, longest: Duration) -> Result<Duration, String> {
    let parsed = duration(text)?;
    if parsed > longest {
        return Err(format!("it must be at most {}", humantime::format_duration(longest)));
    }
    Ok(parsed)
}

/// How long a denylist entry outlives its token: longer than any verifier accepts a token past its
/// end, this service's own 5 seconds included.
pub(super) fn denylist_margin(text: &str) -> Result<Duration, String> {
    let margin = duration(text)?;
    if margin < Duration::from_secs(6) {
        return Err("it must be at least 6s, or a revoked token works again after its end".to_owned());
    }
    Ok(margin)
}

/// A whole number of at least one.
pub(super) fn positive<T: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, String> {
    text.parse()
        .ok()
        .filter(|number| *number >= T::from(1))
        .ok_or_else(|| format!("\"{text}\" is no whole number of at least 1"))
}

/// A whole number of at least one, or `cores` for as many as the machine has.
pub(super) fn positive_or_cores(text: &str) -> Result<usize, String> {
    if text == "cores" {
        return Ok(std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
    }
    positive(text).map_err(|_| format!("\"{text}\" is neither a whole number of at least 1 nor `cores`"))
}

/// A switch.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        other => Err(format!("\"{other}\" is neither on nor off")),
    }
}

/// Any text that is not empty.
pub(super) fn text(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it must not be empty".to_owned());
    }
    Ok(text.to_owned())
}

/// A filter of log lines.
///
/// The filter would take a word that is no level for the name of a module, so a misspelt level would silence everything.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    if items(text).next().is_none() {
        return Err("it must not be empty; write for example info".to_owned());
    }
    if let Some(word) = items(text).find(|item| is_word(item) && item.parse::<LevelFilter>().is_err()) {
        return Err(format!(
            "\"{word}\" is no level; write off, error, warn, info, debug or trace, or {word}=info for a module"
        ));
    }
    let filter = EnvFilter::try_new(text).map(|_| text.to_owned());
    filter.map_err(|error| format!("\"{text}\" is no filter ({error}); write for example info"))
}

/// Returns whether a directive is a bare word, without a target, a span or a field.
fn is_word(directive: &str) -> bool {
    !directive.contains(['=', '[', ']', '{', '}'])
}

/// The parts of a comma-separated list, blank ones left out.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}
