//! The checks of the nodes of a cluster, from the reply to `CLUSTER NODES`.

use auth_domain::ports::Check;

use crate::slot::SLOTS;

/// A line of the reply.
struct ClusterNode<'a> {
    id: &'a str,
    address: &'a str,
    flags: Vec<&'a str>,
    /// The id of its primary; `-` for a primary.
    primary: &'a str,
    slots: usize,
}

/// Checks the nodes that one of them names.
pub(super) fn cluster_checks(nodes: &str) -> Vec<Check> {
    let nodes: Vec<_> = nodes.lines().filter_map(ClusterNode::parse).collect();
    let serving: Vec<_> = nodes.iter().filter(|node| node.slots > 0 && !node.has_failed()).collect();
    let shares: Vec<_> =
        serving.iter().map(|node| format!("{} ({} slots)", node.address, node.slots)).collect();
    let mut checks = vec![Check::ok(format!("the primaries of the cluster are {}", shares.join(", ")))];
    let covered = serving.iter().map(|node| node.slots).sum();
    let uncovered = usize::from(SLOTS).saturating_sub(covered);
    if uncovered > 0 {
        checks.push(Check::outage(format!(
            "{uncovered} slots of the cluster have no primary, so all calls fail (with cluster-require-full-coverage no, those of \
             these slots); start the failed nodes, or give the slots to others (redis-cli --cluster fix)"
        )));
    }
    checks.extend(nodes.iter().filter(|node| node.has_failed()).map(|node| failed(node, &nodes)));
    checks
}

fn failed(node: &ClusterNode<'_>, nodes: &[ClusterNode<'_>]) -> Check {
    let primary = nodes.iter().find(|other| other.id == node.primary);
    let part = match (primary, node.slots) {
        (Some(primary), _) => format!("a replica of {}", primary.address),
        (None, 0) => "a node without slots".to_owned(),
        (None, slots) => format!("the primary of {slots} slots"),
    };
    Check::warning(format!(
        "the cluster node {}, {part}, has failed; start it, or remove it on each node (CLUSTER FORGET)",
        node.address
    ))
}

impl<'a> ClusterNode<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut fields = line.split_whitespace();
        let (id, address, flags, primary) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        // Then: two times, the epoch, and the state of the connection.
        let slots = fields.skip(4).map(slots).sum();
        let flags = flags.split(',').collect();
        let address = address.split(['@', ',']).next().unwrap_or(address);
        Some(Self { id, address, flags, primary, slots })
    }

    /// Returns whether a majority of the primaries agrees that it has failed.
    fn has_failed(&self) -> bool {
        self.flags.contains(&"fail")
    }
}

/// Returns the number of slots of a range. A slot that moves is in brackets, and counted in the range of its owner.
fn slots(range: &str) -> usize {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => last - first + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Severity;

    use super::*;

    const SOUND: &str = "\
        a1 10.0.0.1:6379@16379,db1 myself,master - 0 0 1 connected 0-5460\n\
        a2 10.0.0.2:6379@16379 master - 0 0 2 connected 5461-10921 10922 [42->-a1]\n\
        a3 10.0.0.3:6379@16379 master - 0 0 3 connected 10923-16383\n\
        b1 10.0.0.4:6379@16379 slave a1 0 0 1 connected\n";

    #[test]
    fn primaries_are_named_with_their_slots() {
        let names = "10.0.0.1:6379 (5461 slots), 10.0.0.2:6379 (5462 slots), 10.0.0.3:6379 (5461 slots)";
        let expected = [Check::ok(format!("the primaries of the cluster are {names}"))];
        assert_eq!(cluster_checks(SOUND), expected);
        assert_eq!(
            cluster_checks(&SOUND.replace("slave", "slave,fail?")),
            expected,
            "no majority agrees yet"
        );
    }

    #[test]
    fn failed_nodes_and_uncovered_slots_are_named() {
        let failed =
            SOUND.replace("16379 master - 0 0 3", "16379 master,fail - 0 0 3").replace("slave", "slave,fail");
        let checks = cluster_checks(&failed);
        let texts: Vec<_> = checks.iter().map(|check| (check.severity, check.text.as_str())).collect();
        assert!(
            matches!(texts[1], (Severity::Error, text) if text.starts_with("5461 slots of the cluster have no primary"))
        );
        let primary = "the cluster node 10.0.0.3:6379, the primary of 5461 slots, has failed";
        assert!(matches!(texts[2], (Severity::Warning, text) if text.starts_with(primary)), "{texts:?}");
        let replica = "the cluster node 10.0.0.4:6379, a replica of 10.0.0.1:6379, has failed";
        assert!(matches!(texts[3], (Severity::Warning, text) if text.starts_with(replica)), "{texts:?}");
        assert_eq!(texts.len(), 4);
    }
}
