//! The limits on failed logins, and what administrators see and clear of them.

use std::fmt;
use std::time::Duration;

use super::LimitKey;

/// The limit that rejected a login. The names are those of events and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoginLimit {
    /// The failures on one email from addresses that are not known for it.
    Email,
    /// The failures on one email from one known address.
    Pair,
    /// The failures from one address.
    Address,
    /// The failures from one /48 network of IPv6 addresses.
    Network,
    /// The failures on one email within 24 hours.
    Daily,
}

impl LoginLimit {
    /// All limits.
    pub const ALL: [Self; 5] = [Self::Email, Self::Pair, Self::Address, Self::Network, Self::Daily];

    /// The name in events and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Pair => "pair",
            Self::Address => "address",
            Self::Network => "network",
            Self::Daily => "daily",
        }
    }
}

impl fmt::Display for LoginLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The counts that an administrator clears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearedLimit {
    /// The failures on an email, its daily count, its known addresses and their failures on it.
    Email(LimitKey),
    /// The failures from an address and from its network.
    Address {
        /// The limit key of the address.
        address: LimitKey,
        /// The limit key of the /48 of an IPv6 address.
        network: Option<LimitKey>,
    },
}

/// The login limit of one email.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmailLimitStatus {
    /// The number of failures in the window, from addresses that are not known for the email.
    pub failures: u32,
    /// The time until an address that is not known for the email may try again; `None` if it may now.
    pub opens_in: Option<Duration>,
    /// The failures of the last 24 hours; `None` if the email is not in the daily count.
    pub daily: Option<DailyFailures>,
    /// The number of known addresses.
    pub known_addresses: u32,
}

/// The failures on one email within 24 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DailyFailures {
    /// Those from addresses that are not known for the email.
    pub unknown: u32,
    /// Those from its known addresses.
    pub known: u32,
}
