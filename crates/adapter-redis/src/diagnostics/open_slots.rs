//! The slots whose move to another node has begun.

use auth_domain::ports::Check;

/// How many slots a check names.
const NAMED: usize = 5;

/// Returns the slots that a node imports or gives away, from its reply to `CLUSTER NODES`. They are in brackets, in its own line.
pub(super) fn open_slots(nodes: &str) -> Vec<u16> {
    let words = nodes.split_whitespace().filter_map(|word| word.strip_prefix('['));
    words.filter_map(|word| word.split('-').next()?.parse().ok()).collect()
}

/// Checks the open slots of a node: an interrupted move does not end, and the users of its slot cannot log in.
pub(super) fn open_slots_check(slots: &[u16]) -> Option<Check> {
    let mut named: Vec<_> = slots.iter().take(NAMED).map(u16::to_string).collect();
    if slots.len() > NAMED {
        named.push("…".to_owned());
    }
    (!slots.is_empty()).then(|| {
        Check::warning(format!(
            "{} of its slots move to or from another node ({}), and users of such a slot may get a 503; wait for the end of the move, \
             or finish one that was interrupted (redis-cli --cluster fix)",
            slots.len(),
            named.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_slots_are_counted_and_named() {
        let nodes = "a1 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-5460 7 [42->-b2] [43-<-b2]\n\
                     b2 10.0.0.2:6379@16379 master - 0 0 2 connected 5461-16383\n";
        assert_eq!(open_slots(nodes), [42, 43]);
        let check = open_slots_check(&[42, 43]).unwrap();
        assert!(
            check.text.starts_with("2 of its slots move to or from another node (42, 43), "),
            "{check:?}"
        );
        let check = open_slots_check(&[1, 2, 3, 4, 5, 6]).unwrap();
        assert!(check.text.contains("(1, 2, 3, 4, 5, …)"), "{check:?}");
        assert_eq!(open_slots_check(&open_slots("a1 10.0.0.1:6379 master - 0 0 1 connected 0-16383")), None);
    }
}
