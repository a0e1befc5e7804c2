//! The order in which the servers of a URL are tried.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The order of `load_balance_hosts`.
pub(crate) struct ServerOrder {
    /// The server that the next connection begins with; `None` if every connection begins with the first server.
    next: Option<AtomicUsize>,
}

impl ServerOrder {
    /// With `balances`, each connection begins with the server after that of the connection before. This spreads the
    /// connections evenly.
    pub(crate) fn new(balances: bool) -> Self {
        Self { next: balances.then(AtomicUsize::default) }
    }

    /// Returns the servers in the order for a new connection.
    pub(crate) fn of<'a, T>(&self, servers: &'a [T]) -> impl Iterator<Item = &'a T> {
        let next = self.next.as_ref().map_or(0, |next| next.fetch_add(1, Ordering::Relaxed));
        let (end, beginning) = servers.split_at(next.checked_rem(servers.len()).unwrap_or_default());
        beginning.iter().chain(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_connections_begin_with_one_server_after_the_other() {
        let servers = ["a", "b", "c"];
        let begun = |order: &ServerOrder| order.of(&servers).copied().collect::<Vec<_>>().concat();
        let balanced = ServerOrder::new(true);
        assert_eq!([(); 4].map(|()| begun(&balanced)), ["abc", "bca", "cab", "abc"]);
        let fixed = ServerOrder::new(false);
        assert_eq!([(); 2].map(|()| begun(&fixed)), ["abc", "abc"]);
        assert_eq!(balanced.of(&[] as &[u8]).count(), 0);
    }
}
