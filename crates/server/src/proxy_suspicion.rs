//! Noticing a proxy that nobody listed: one peer under which many users log in.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use auth_domain::model::AxisKey;
use tracing::warn;

/// More emails than this under one untrusted peer, and it is probably a proxy.
const MAX_EMAILS: usize = 20;
/// How many peers are watched at once; one more, and the watch begins anew.
const MAX_PEERS: usize = 1_000;

/// Counts the emails under each untrusted peer, and shouts once about each that has too many.
///
/// All users behind an unlisted proxy share one address, so ten failures of one lock out the rest.
#[derive(Default)]
pub(crate) struct ProxySuspicion(Mutex<HashMap<IpAddr, HashSet<AxisKey>>>);

impl ProxySuspicion {
    /// Notes a login; returns whether the peer has just become suspicious.
    pub(crate) fn note(&self, peer: IpAddr, email: AxisKey) -> bool {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.len() >= MAX_PEERS && !peers.contains_key(&peer) {
            peers.clear();
        }
        let emails = peers.entry(peer).or_default();
        let suspicious = emails.len() <= MAX_EMAILS && emails.insert(email) && emails.len() > MAX_EMAILS;
        if suspicious {
            warn!(
                event = "unlisted_proxy_suspected",
                %peer,
                "more than {MAX_EMAILS} users log in from one address: if it is a proxy, list it in \
                 HOOKSENTRY_AUTH__HTTP__TRUSTED_PROXIES, or one user's failures will lock out all the others"
            );
        }
        suspicious
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::model::{AxisKeys, Email};

    use super::*;

    #[test]
    fn the_twenty_first_email_raises_the_suspicion_once() {
        let suspicion = ProxySuspicion::default();
        let keys = AxisKeys::derive(b"secret");
        let email = |number: usize| keys.email(&Email::from_trusted(format!("{number}@example.com")));
        let peer = "203.0.113.9".parse().unwrap();
        for number in 0..20 {
            assert!(!suspicion.note(peer, email(number)));
            assert!(!suspicion.note(peer, email(number)));
        }
        assert!(suspicion.note(peer, email(20)));
        assert!(!suspicion.note(peer, email(21)));
        assert!(!suspicion.note("203.0.113.10".parse().unwrap(), email(22)));
    }

    #[test]
    fn however_many_peers_there_were_the_next_one_is_watched_in_bounded_memory() {
        let suspicion = ProxySuspicion::default();
        let keys = AxisKeys::derive(b"secret");
        let email = |number: u32| keys.email(&Email::from_trusted(format!("{number}@example.com")));
        for number in 0..3_000_u32 {
            suspicion.note(IpAddr::from(number.to_be_bytes()), email(number));
        }
        assert!(suspicion.0.lock().unwrap().len() <= MAX_PEERS);
        let peer = "203.0.113.9".parse().unwrap();
        assert!((0..=20).any(|number| suspicion.note(peer, email(number))));
    }
}
