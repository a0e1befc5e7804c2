//! Connections under a common limit, and the order in which they are evicted.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::entry::Entry;

/// The fewest connections that one scan puts in order.
const MIN_ORDERED: usize = 16;

/// All connections, or those of one address.
#[derive(Debug, Default)]
pub(super) struct Group {
    members: HashMap<u64, Arc<Entry>>,
    /// The connections that had waited longest at the last scan, in order: the start of the wait, and the id.
    ///
    /// A connection that began to wait after the scan has waited less than each of them. So the group is scanned again only
    /// when this list is empty.
    order: VecDeque<(u64, u64)>,
}

impl Group {
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn insert(&mut self, entry: Arc<Entry>) {
        self.members.insert(entry.id, entry);
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.members.remove(&id);
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.members.values()
    }

    /// Returns the connection that has waited longest for its client; `None` if none waits.
    pub(super) fn longest_waiting(&mut self) -> Option<Arc<Entry>> {
        self.next_in_order().or_else(|| {
            self.put_in_order();
            self.next_in_order()
        })
    }

    fn next_in_order(&mut self) -> Option<Arc<Entry>> {
        while let Some((since, id)) = self.order.front().copied() {
            let still_waits = |entry: &&Arc<Entry>| entry.waiting_since() == Some(since);
            if let Some(entry) = self.members.get(&id).filter(still_waits) {
                return Some(Arc::clone(entry));
            }
            self.order.pop_front();
        }
        None
    }

    fn put_in_order(&mut self) {
        let waiting = |entry: &Arc<Entry>| entry.waiting_since().map(|since| (since, entry.id));
        let mut waiting: Vec<_> = self.members.values().filter_map(waiting).collect();
        let count = MIN_ORDERED.max(self.members.len() / MIN_ORDERED);
        if count < waiting.len() {
            waiting.select_nth_unstable(count);
            waiting.truncate(count);
        }
        waiting.sort_unstable();
        self.order = waiting.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(waiting: impl IntoIterator<Item = u64>) -> Group {
        let mut group = Group::default();
        for (id, since) in (0..).zip(waiting) {
            group.insert(Arc::new(Entry::new(id, None, since)));
        }
        group
    }

    fn evict(group: &mut Group) -> Option<u64> {
        let entry = group.longest_waiting()?;
        group.remove(entry.id);
        entry.waiting_since()
    }

    #[test]
    fn connections_are_evicted_in_the_order_of_their_waits() {
        let mut group = group((1..=500).rev());
        let order: Vec<_> = std::iter::from_fn(|| evict(&mut group)).collect();
        assert_eq!(order, (1..=500).collect::<Vec<_>>());
    }

    #[test]
    fn a_connection_that_was_served_moves_to_the_end() {
        let mut group = group(1..=40);
        assert_eq!(evict(&mut group), Some(1));
        let second = Arc::clone(&group.members[&1]);
        second.end_wait();
        assert_eq!(evict(&mut group), Some(3));
        second.begin_wait(|| 100);
        let order: Vec<_> = std::iter::from_fn(|| evict(&mut group)).collect();
        assert_eq!(order, (4..=40).chain([100]).collect::<Vec<_>>());
    }

    #[test]
    fn a_group_without_waiting_connections_evicts_none() {
        let mut group = group([0, 0, 0]);
        assert_eq!((group.longest_waiting().map(|entry| entry.id), group.len()), (None, 3));
    }
}
