//! `login_limit`: the limits of failed logins.

use std::time::Duration;

use auth_domain::model::attempt_window::{LimitBounds, LoginLimits};
use ipnet::IpNet;

use super::reader::Reader;
use super::{ranges, values};

/// `login_limit`
#[derive(Debug)]
pub(crate) struct LoginLimitSettings {
    pub(crate) limits: LoginLimits,
    /// The addresses that are never counted by address.
    pub(crate) exempt: Vec<IpNet>,
}

impl LoginLimitSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let max_failures = reader.read("login_limit.max_failures", values::positive);
        let per_address = reader.read("login_limit.max_failures_per_address", positive_or_auto);
        let window = reader.read("login_limit.window", values::lifetime);
        let daily_failures = reader.read("login_limit.daily_failures", daily_failures);
        let known_for = reader.read("login_limit.known_for", values::duration);
        let exempt = reader.read("login_limit.exempt", ranges::exempt);
        let limits = LoginLimits {
            max_failures: max_failures?,
            max_failures_per_address: per_address?.or(max_failures)?,
            window: window?,
            daily_failures: daily_failures?,
            known_for: known_for.map(|known_for| Some(known_for).filter(|time| *time > Duration::ZERO))?,
            bounds: LimitBounds::SERVICE,
        };
        Some(Self { limits, exempt: exempt? })
    }
}

/// Parses a whole number of at least 1, or `auto`.
fn positive_or_auto(text: &str) -> Result<Option<u32>, String> {
    if text == "auto" {
        return Ok(None);
    }
    let number = values::positive(text).map(Some);
    number.map_err(|_| format!("\"{text}\" is neither a whole number of at least 1 nor `auto`"))
}

/// Parses the daily limit; 0 switches it off.
fn daily_failures(text: &str) -> Result<Option<u32>, String> {
    let number: u32 = text
        .parse()
        .map_err(|_| format!("\"{text}\" is not a whole number; 0 switches the daily limit off"))?;
    Ok(Some(number).filter(|number| *number > 0))
}
