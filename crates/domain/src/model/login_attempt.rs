//! Login attempts as they are counted.

use super::{LimitKey, LoginLimit};

/// A login attempt as the limiter counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginAttempt {
    /// The id by which the attempt is settled.
    pub ticket: TicketId,
    /// The limit key of the email.
    pub email: LimitKey,
    /// The origin of the attempt; `None` if the client's address is not known. Then only the email counts.
    pub origin: Option<Origin>,
}

/// The origin of a login attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The limit key of the client's address: an IPv4 address, or the /64 of an IPv6 address.
    pub address: LimitKey,
    /// The limit key of the /48 of an IPv6 address.
    pub network: Option<LimitKey>,
    /// The limit key of the email and the address together.
    pub pair: LimitKey,
    /// Whether the settings exempt the address from the limits of addresses and networks.
    pub is_exempt: bool,
}

impl LoginAttempt {
    /// The limit key of the client's address, if it is known.
    #[must_use]
    pub fn address(&self) -> Option<LimitKey> {
        self.origin.map(|origin| origin.address)
    }

    /// The limit keys that count the attempt: from a known address the pair instead of the email and the network, which
    /// strangers share (S-91).
    #[must_use]
    pub fn counted_on(&self, is_known: bool) -> Vec<(LoginLimit, LimitKey)> {
        let email = (LoginLimit::Email, self.email);
        let Some(origin) = self.origin else { return vec![email] };
        let mut keys = vec![if is_known { (LoginLimit::Pair, origin.pair) } else { email }];
        if !origin.is_exempt {
            keys.push((LoginLimit::Address, origin.address));
            let network = origin.network.filter(|_| !is_known);
            keys.extend(network.map(|network| (LoginLimit::Network, network)));
        }
        keys
    }
}

/// The id of a login attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TicketId([u8; 16]);

impl TicketId {
    /// The id with these bytes, which are random or stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
