//! The order in which the servers of a URL are tried.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The order of `load_balance_hosts`.
pub(crate) struct ServerOrder {
    balances: bool,
    /// The server that the next connection begins with.
    first: AtomicUsize,
}

impl ServerOrder {
    /// With `balances`, each connection begins with the server after that of the connection before, which spreads the connections
    /// evenly. Otherwise each begins with the server that was a primary last, at first with that of the URL.
    pub(crate) fn new(balances: bool) -> Self {
        Self { balances, first: AtomicUsize::new(0) }
    }

    /// Returns the servers, with their places, in the order for a new connection.
    pub(crate) fn of<'a, T>(&self, servers: &'a [T]) -> impl Iterator<Item = (usize, &'a T)> {
        let next = if self.balances {
            self.first.fetch_add(1, Ordering::Relaxed)
        } else {
            self.first.load(Ordering::Relaxed)
        };
        let first = next.checked_rem(servers.len()).unwrap_or_default();
        // The servers after the first one, from the next or from the beginning of the URL.
        let balances = self.balances;
        let rank = move |place: usize| (place != first, balances && place < first);
        let mut order: Vec<_> = servers.iter().enumerate().collect();
        order.sort_by_key(|(place, _)| rank(*place));
        order.into_iter()
    }

    /// Remembers the place of a server that is a primary.
    pub(crate) fn remember(&self, place: usize) {
        if !self.balances {
            self.first.store(place, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(order: &ServerOrder) -> String {
        order.of(&["a", "b", "c"]).map(|(_, server)| *server).collect()
    }

    #[test]
    fn balanced_connections_begin_with_one_server_after_the_other() {
        let balanced = ServerOrder::new(true);
        assert_eq!([(); 4].map(|()| begun(&balanced)), ["abc", "bca", "cab", "abc"]);
        assert_eq!(balanced.of(&[] as &[u8]).count(), 0);
    }

    #[test]
    fn other_connections_begin_with_the_server_that_was_a_primary_last() {
        let order = ServerOrder::new(false);
        assert_eq!([(); 2].map(|()| begun(&order)), ["abc", "abc"]);
        order.remember(1);
        assert_eq!([(); 2].map(|()| begun(&order)), ["bac", "bac"]);
    }
}
