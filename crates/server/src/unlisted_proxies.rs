//! Detection of proxies that are missing from the list: peers from which many users log in.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use auth_domain::model::{ClientAddress, Event, LimitKey};
use tracing::warn;

/// The number of emails above which an untrusted peer is probably a proxy.
const MAX_EMAILS: usize = 20;
/// The most peers that are counted at the same time.
const MAX_PEERS: usize = 1_000;

/// A counter of emails per untrusted peer that logs one warning per peer with too many.
///
/// All users behind an unlisted proxy share one address, so ten failures of one user lock out the others. The address is known for
/// none of them (S-91), so strangers can also lock out each user by email.
#[derive(Default)]
pub(crate) struct UnlistedProxies(Mutex<HashMap<ClientAddress, HashSet<LimitKey>>>);

impl UnlistedProxies {
    /// Counts a login, and returns whether this email is the first above the limit.
    ///
    /// IPv6 peers are counted by /64: a proxy may connect from any address of its network.
    pub(crate) fn note(&self, peer: ClientAddress, email: LimitKey) -> bool {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.len() >= MAX_PEERS && !peers.contains_key(&peer) {
            // Most peers have one user. Peers with several emails are kept: they are more likely to be proxies.
            peers.retain(|_, emails| emails.len() > 1);
            if peers.len() >= MAX_PEERS {
                peers.clear();
            }
        }
        let emails = peers.entry(peer).or_default();
        let exceeds = emails.len() <= MAX_EMAILS && emails.insert(email) && emails.len() > MAX_EMAILS;
        if exceeds {
            warn!(
                event = Event::UnlistedProxySuspected.name(),
                peer = %peer.ip(),
                "more than {MAX_EMAILS} users log in from one address; if it is a proxy, add it to \
                 HOOKSENTRY_AUTH__HTTP__TRUSTED_PROXIES, because the failures of one user lock out all the others, and \
                 the address is known for none of them"
            );
        }
        exceeds
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use auth_domain::model::{Email, LimitKeys};

    use super::*;

    fn peer(text: &str) -> ClientAddress {
        ClientAddress::new(text.parse().unwrap())
    }

    #[test]
    fn the_twenty_first_email_gives_one_warning() {
        let proxies = UnlistedProxies::default();
        let keys = LimitKeys::derive(b"secret");
        let email = |number: usize| keys.email(&Email::from_trusted(format!("{number}@example.com")));
        let proxy = peer("203.0.113.9");
        for number in 0..20 {
            assert!(!proxies.note(proxy, email(number)));
            assert!(!proxies.note(proxy, email(number)));
        }
        assert!(proxies.note(proxy, email(20)));
        assert!(!proxies.note(proxy, email(21)));
        assert!(!proxies.note(peer("203.0.113.10"), email(22)));
    }

    // S-20
    #[test]
    fn an_ipv6_proxy_is_detected_by_its_network() {
        let proxies = UnlistedProxies::default();
        let keys = LimitKeys::derive(b"secret");
        let note = |number: usize| {
            let email = keys.email(&Email::from_trusted(format!("{number}@example.com")));
            proxies.note(peer(&format!("2001:db8:1:2::{number}")), email)
        };
        assert_eq!((0..30).filter(|number| note(*number)).collect::<Vec<_>>(), [20]);
    }

    #[test]
    fn a_flood_of_single_users_does_not_hide_a_proxy() {
        let proxies = UnlistedProxies::default();
        let keys = LimitKeys::derive(b"secret");
        let email = |number: u32| keys.email(&Email::from_trusted(format!("{number}@example.com")));
        let is_detected = (0..=20).any(|number| {
            for stranger in 0..1_100_u32 {
                proxies.note(ClientAddress::new(IpAddr::from(stranger.to_be_bytes())), email(stranger));
            }
            proxies.note(peer("203.0.113.9"), email(number))
                || proxies.note(peer("203.0.113.9"), email(number + 100))
        });
        assert!(is_detected);
    }

    #[test]
    fn the_memory_for_peers_is_bounded() {
        let proxies = UnlistedProxies::default();
        let keys = LimitKeys::derive(b"secret");
        let email = |number: u32| keys.email(&Email::from_trusted(format!("{number}@example.com")));
        for number in 0..3_000_u32 {
            for email in [email(number), email(number + 1)] {
                proxies.note(ClientAddress::new(IpAddr::from(number.to_be_bytes())), email);
            }
        }
        assert!(proxies.0.lock().unwrap().len() <= MAX_PEERS);
        let peer = peer("203.0.113.9");
        assert!((0..=20).any(|number| proxies.note(peer, email(number))));
    }
}
