//! The limits of connections.

use std::time::Duration;

use super::*;
use crate::connection::Registration;
use crate::connection::entry::GRACE;

impl Connections {
    /// Returns connections with a memory budget.
    pub(in crate::connection) fn with_budget(total: usize, per_address: usize, budget: usize) -> Arc<Self> {
        let limits =
            ConnectionLimits { total, per_address, trusted_proxies: vec!["10.0.0.10/32".parse().unwrap()] };
        let mut connections = Self::new(limits, ConnectionMetrics::default());
        Arc::get_mut(&mut connections).unwrap().budget = budget;
        connections
    }

    pub(in crate::connection) fn open(&self) -> usize {
        self.groups().all.len()
    }
}

/// Moves the time on until no connection is new.
async fn grace() {
    tokio::time::advance(Duration::from_micros(GRACE + 1)).await;
}

fn admit(connections: &Arc<Connections>, peer: &str) -> Option<Registration> {
    Registration::admit(connections, peer.parse().unwrap())
}

// S-74
#[tokio::test(start_paused = true)]
async fn at_the_total_limit_the_longest_waiting_connection_is_closed() {
    let connections = Connections::with_budget(2, 256, 1_000);
    let first = admit(&connections, "192.0.2.1").unwrap();
    let second = admit(&connections, "192.0.2.2").unwrap();
    grace().await;
    let third = admit(&connections, "192.0.2.3").unwrap();
    assert!(first.is_evicted() && !second.is_evicted() && !third.is_evicted());
    second.end_wait();
    third.end_wait();
    assert!(admit(&connections, "192.0.2.4").is_none(), "none of them waits for its client");
    drop((first, second));
    assert_eq!(connections.open(), 1);
    assert!(admit(&connections, "192.0.2.4").is_some());
}

// S-74
#[tokio::test(start_paused = true)]
async fn an_address_at_its_limit_evicts_only_its_own_connections() {
    let connections = Connections::with_budget(100, 2, 1_000);
    let other = admit(&connections, "2001:db8:0:2::1").unwrap();
    let first = admit(&connections, "2001:db8:0:1::1").unwrap();
    let second = admit(&connections, "2001:db8:0:1::2").unwrap();
    grace().await;
    let third = admit(&connections, "2001:db8:0:1:ffff::3").unwrap();
    assert!(first.is_evicted(), "a /64 network is one address");
    assert!(!other.is_evicted() && !second.is_evicted() && !third.is_evicted());
}

#[tokio::test(start_paused = true)]
async fn a_trusted_proxy_has_only_the_total_limit() {
    let connections = Connections::with_budget(5, 1, 1_000);
    let open: Vec<_> = (0..5).filter_map(|_| admit(&connections, "::ffff:10.0.0.10")).collect();
    assert!(open.iter().all(|connection| !connection.is_evicted()));
    grace().await;
    let _sixth = admit(&connections, "10.0.0.10").unwrap();
    assert!(open[0].is_evicted());
}

// S-74
#[tokio::test(start_paused = true)]
async fn a_connection_before_its_first_request_is_not_evicted() {
    for (total, per_address) in [(100, 2), (2, 100)] {
        let connections = Connections::with_budget(total, per_address, 1_000);
        let first = admit(&connections, "192.0.2.1").unwrap();
        let second = admit(&connections, "192.0.2.1").unwrap();
        tokio::time::advance(Duration::from_micros(GRACE - 1)).await;
        assert!(admit(&connections, "192.0.2.1").is_none());
        assert!(!first.is_evicted() && !second.is_evicted());
        // A connection that was served and waits again is not new.
        first.end_wait();
        first.begin_wait();
        second.end_wait();
        let third = admit(&connections, "192.0.2.1").unwrap();
        assert!(first.is_evicted());
        grace().await;
        assert!(admit(&connections, "192.0.2.1").is_some() && third.is_evicted());
    }
}

// S-74
#[tokio::test]
async fn beyond_the_memory_budget_the_longest_holders_are_closed() {
    let connections = Connections::with_budget(100, 100, 800);
    let open: Vec<_> = (0..9).filter_map(|_| admit(&connections, "192.0.2.1")).collect();
    for connection in &open[..8] {
        connection.hold(100);
    }
    assert!(open.iter().all(|connection| !connection.is_evicted()));
    open[8].hold(100);
    let evicted: Vec<_> = open.iter().map(Registration::is_evicted).collect();
    assert_eq!(evicted, [true, true, false, false, false, false, false, false, false]);
    drop(open);
    assert_eq!(connections.held.load(Ordering::Relaxed), 0);
}
