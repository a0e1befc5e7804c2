//! The check of the replicas of a primary.

use auth_domain::ports::Check;

use crate::replication::{Replica, Replication};

/// Checks the replicas of a primary.
///
/// # Parameters
/// - `is_replaceable`: sentinels or a cluster replace the primary if it fails.
/// - `awaited`: how many replicas must confirm a write.
pub(super) fn replica_checks(replication: &Replication, is_replaceable: bool, awaited: u32) -> Vec<Check> {
    let late = replication.replicas.iter().filter(|replica| replica.is_late());
    let mut checks: Vec<_> = late.map(late_replica).collect();
    let current: Vec<_> = replication.current().collect();
    let online = replication.online().count();
    if u32::try_from(online).is_ok_and(|online| online < awaited) {
        checks.push(Check::outage(format!(
            "{online} replicas have its data, and {awaited} must confirm each write, so logins, refreshes and logouts are a 503; \
             start its replicas, or lower REDIS__WAIT_REPLICAS"
        )));
    }
    if !current.is_empty() {
        checks.push(Check::ok(connected(&current)));
    } else if is_replaceable {
        checks.push(Check::warning(
            "no replica has its data, so no other server can replace it; start its replicas, and check that they can connect to it",
        ));
    }
    checks
}

fn late_replica(replica: &Replica) -> Check {
    let Replica { address, is_online, bytes_behind, lag } = replica;
    Check::warning(if *is_online {
        format!(
            "the replica {address} is {} s and {bytes_behind} bytes behind: if it became the primary, these writes would be \
             lost; check its load and the network",
            lag.as_secs()
        )
    } else {
        format!(
            "the replica {address} does not have the data yet; wait for its synchronization, and read its log"
        )
    })
}

fn connected(replicas: &[&Replica]) -> String {
    let addresses: Vec<_> = replicas.iter().map(|replica| replica.address.as_str()).collect();
    let bytes = replicas.iter().map(|replica| replica.bytes_behind).max().unwrap_or(0);
    let lag = replicas.iter().map(|replica| replica.lag).max().unwrap_or_default();
    let noun = if replicas.len() == 1 { "its replica" } else { "its replicas" };
    let verb = if replicas.len() == 1 { "is" } else { "are" };
    format!("{noun} {} {verb} at most {} s and {bytes} bytes behind", addresses.join(", "), lag.as_secs())
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Severity;

    use std::time::Duration;

    use super::*;

    fn replication(replicas: &[(&str, bool, u64)]) -> Replication {
        let replica = |(address, is_online, lag): &(&str, bool, u64)| Replica {
            address: (*address).to_owned(),
            is_online: *is_online,
            bytes_behind: 7,
            lag: Duration::from_secs(*lag),
        };
        Replication { replicas: replicas.iter().map(replica).collect() }
    }

    #[test]
    fn replicas_that_are_missing_or_late_are_warnings() {
        let found =
            |replicas: &[_], is_replaceable| replica_checks(&replication(replicas), is_replaceable, 1);
        assert_eq!(replica_checks(&replication(&[]), false, 0), []);
        let missing = found(&[], true);
        assert!(
            missing[0].is_outage
                && missing[0].text.starts_with("0 replicas have its data, and 1 must confirm")
        );
        assert!(missing[1].text.starts_with("no replica has its data"));
        let current = found(&[("a:1", true, 1), ("b:1", true, 0)], true);
        assert_eq!(current, [Check::ok("its replicas a:1, b:1 are at most 1 s and 7 bytes behind")]);

        let late = found(&[("a:1", true, 10), ("b:1", false, 0), ("c:1", true, 0)], true);
        assert!(late[0].text.starts_with("the replica a:1 is 10 s and 7 bytes behind"), "{late:?}");
        assert!(late[1].text.starts_with("the replica b:1 does not have the data yet"), "{late:?}");
        assert_eq!(late[2], Check::ok("its replica c:1 is at most 0 s and 7 bytes behind"));
        assert!(late[..2].iter().all(|check| check.severity == Severity::Warning));
        assert_eq!(found(&[("a:1", false, 0)], true).len(), 3, "a failover is not possible");
    }
}
