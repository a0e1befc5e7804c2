//! The settings and bounds of the login limit.

use std::time::Duration;

use crate::model::{LoginLimit, to_microseconds};

/// The limits on failed logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimits {
    /// The number of failures in the window on an email, and on an email from one known address.
    pub max_failures: u32,
    /// The number of failures in the window from an address.
    pub max_failures_per_address: u32,
    /// The length of the sliding window.
    pub window: Duration,
    /// The number of failures on an email within 24 hours, once a window was full; `None` switches the daily limit off.
    pub daily_failures: Option<u32>,
    /// The time for which a success makes an address known for its email; `None` if no address is ever known.
    pub known_for: Option<Duration>,
    /// The bounds that are not settings.
    pub bounds: LimitBounds,
}

/// The bounds of what is counted and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitBounds {
    /// The known addresses of an email.
    pub known_addresses: u32,
    /// The emails that may succeed from an address. With more, it is a proxy or an office, and known for none of them.
    pub emails_per_address: u32,
    /// The failures in the window from a /48 network.
    pub failures_per_network: u32,
    /// The emails in the daily count.
    pub daily_emails: u32,
}

impl LimitBounds {
    /// The bounds of the service.
    pub const SERVICE: Self = Self {
        known_addresses: 32,
        emails_per_address: 20,
        failures_per_network: 100,
        daily_emails: 100_000,
    };
}

impl LoginLimits {
    /// At the daily limit, one attempt is checked in this time.
    pub const DAILY_PAUSE: Duration = Duration::from_mins(1);

    /// The number of failures that the window of a limit may have.
    pub(super) const fn max_failures_of(&self, limit: LoginLimit) -> u32 {
        match limit {
            LoginLimit::Email | LoginLimit::Pair => self.max_failures,
            LoginLimit::Address => self.max_failures_per_address,
            LoginLimit::Network => self.bounds.failures_per_network,
            // It has no window.
            LoginLimit::Daily => u32::MAX,
        }
    }

    pub(super) fn window_length(&self) -> i64 {
        to_microseconds(self.window)
    }
}
