//! Detection of proxies that are not listed: one peer from which many users log in.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use auth_domain::model::{ClientAddress, Event, LimitKey};
use tracing::warn;

/// An untrusted peer with more emails than this is probably a proxy.
const MAX_EMAILS: usize = 20;
/// How many peers are watched at once.
const MAX_PEERS: usize = 1_000;

/// Counts the emails per untrusted peer, and logs a warning once per peer that has too many.
///
/// All users behind an unlisted proxy share one address, so ten failures of one lock out the rest.
#[derive(Default)]
pub(crate) struct UnlistedProxies(Mutex<HashMap<ClientAddress, HashSet<LimitKey>>>);

impl UnlistedProxies {
    /// Notes a login; returns whether the peer has just become suspicious.
    ///
    /// A peer is an address as it is counted (IPv6 by /64): an IPv6 proxy may connect from any address of its
    /// network.
    pub(crate) fn note(&self, peer: ClientAddress, email: LimitKey) -> bool {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.len() >= MAX_PEERS && !peers.contains_key(&peer) {
            // Most peers are single users. Those with several emails are kept, since they are more suspicious.
            peers.retain(|_, emails| emails.len() > 1);
            if peers.len() >= MAX_PEERS {
                peers.clear();
            }
        }
        let emails = peers.entry(peer).or_default();
        let suspicious = emails.len() <= MAX_EMAILS && emails.insert(email) && emails.len() > MAX_EMAILS;
        if suspicious {
            warn!(
                event = Event::UnlistedProxySuspected.name(),
                peer = %peer.ip(),
                "more than {MAX_EMAILS} users log in from one address: if it is a proxy, list it in \
                 HOOKSENTRY_AUTH__HTTP__TRUSTED_PROXIES, or one user's failures will lock out all the others"
            );
        }
        suspicious
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
        let suspicion = UnlistedProxies::default();
        let keys = LimitKeys::derive(b"secret");
        let email = |number: usize| keys.email(&Email::from_trusted(format!("{number}@example.com")));
        let proxy = peer("203.0.113.9");
        for number in 0..20 {
            assert!(!suspicion.note(proxy, email(number)));
            assert!(!suspicion.note(proxy, email(number)));
        }
        assert!(suspicion.note(proxy, email(20)));
        assert!(!suspicion.note(proxy, email(21)));
        assert!(!suspicion.note(peer("203.0.113.10"), email(22)));
    }

    // S-20
    #[test]
    fn an_ipv6_proxy_is_detected_by_its_network() {
        let suspicion = UnlistedProxies::default();
        let keys = LimitKeys::derive(b"secret");
        let note = |number: usize| {
            let email = keys.email(&Email::from_trusted(format!("{number}@example.com")));
            suspicion.note(peer(&format!("2001:db8:1:2::{number}")), email)
        };
        assert_eq!((0..30).filter(|number| note(*number)).collect::<Vec<_>>(), [20]);
    }

    #[test]
    fn a_flood_of_single_users_does_not_hide_a_proxy() {
        let suspicion = UnlistedProxies::default();
        let keys = LimitKeys::derive(b"secret");
        let email = |number: u32| keys.email(&Email::from_trusted(format!("{number}@example.com")));
        let suspected = (0..=20).any(|number| {
            for stranger in 0..1_100_u32 {
                suspicion.note(ClientAddress::new(IpAddr::from(stranger.to_be_bytes())), email(stranger));
            }
            suspicion.note(peer("203.0.113.9"), email(number))
                || suspicion.note(peer("203.0.113.9"), email(number + 100))
        });
        assert!(suspected);
    }

    #[test]
    fn the_memory_for_peers_is_bounded() {
        let suspicion = UnlistedProxies::default();
        let keys = LimitKeys::derive(b"secret");
        let email = |number: u32| keys.email(&Email::from_trusted(format!("{number}@example.com")));
        for number in 0..3_000_u32 {
            for email in [email(number), email(number + 1)] {
                suspicion.note(ClientAddress::new(IpAddr::from(number.to_be_bytes())), email);
            }
        }
        assert!(suspicion.0.lock().unwrap().len() <= MAX_PEERS);
        let peer = peer("203.0.113.9");
        assert!((0..=20).any(|number| suspicion.note(peer, email(number))));
    }
}
