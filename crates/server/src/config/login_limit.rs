//! `login_limit`: the limits of failed logins.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use auth_domain::model::attempt_window::{LimitBounds, LoginLimits};
use ipnet::IpNet;

use super::reader::Reader;
use super::{durations, numbers, ranges};

/// The limits that are accepted.
const FAILURES: RangeInclusive<u32> = 1..=numbers::LARGEST;

/// `login_limit`
#[derive(Debug)]
pub(crate) struct LoginLimitSettings {
    pub(crate) limits: LoginLimits,
    /// The addresses that are never counted by address.
    pub(crate) exempt: Vec<IpNet>,
}

impl LoginLimitSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let max_failures = reader.read("login_limit.max_failures", |text| numbers::within(text, &FAILURES));
        let per_address = reader
            .read("login_limit.max_failures_per_address", |text| numbers::within_or(text, &FAILURES, "auto"));
        let window = reader.read("login_limit.window", durations::lifetime);
        let daily_failures = reader.read("login_limit.daily_failures", numbers::limit);
        let known_for = reader.read("login_limit.known_for", durations::lifetime_or_off);
        let exempt = reader.read_list("login_limit.exempt", ranges::exempt);
        let limits = LoginLimits {
            max_failures: max_failures?,
            max_failures_per_address: per_address?.or(max_failures)?,
            window: window?,
            daily_failures: daily_failures?.map(NonZeroU32::get),
            known_for: known_for?,
            bounds: LimitBounds::SERVICE,
        };
        Some(Self { limits, exempt: exempt? })
    }
}
