//! Which node has which slots.

use std::ops::RangeInclusive;

use crate::slot::SLOTS;

/// No node has the slot.
const NONE: u16 = u16::MAX;

/// For each slot the index of its node.
#[derive(Clone)]
pub(crate) struct SlotMap(Box<[u16]>);

impl SlotMap {
    /// Returns the map in which no node has a slot.
    pub(crate) fn new() -> Self {
        Self(vec![NONE; usize::from(SLOTS)].into_boxed_slice())
    }

    /// Returns the index of the node that has a slot.
    pub(crate) fn node(&self, slot: u16) -> Option<usize> {
        self.0.get(usize::from(slot)).copied().filter(|node| *node != NONE).map(usize::from)
    }

    /// Gives slots to a node.
    pub(crate) fn assign(&mut self, slots: RangeInclusive<u16>, node: usize) {
        let node = u16::try_from(node).unwrap_or(NONE);
        let slots = usize::from(*slots.start())..=usize::from(*slots.end());
        if let Some(slots) = self.0.get_mut(slots) {
            slots.fill(node);
        }
    }

    /// Returns whether a node has a slot that another node has in a former map.
    pub(crate) fn shares_slots_with(&self, node: usize, former: &Self, former_node: usize) -> bool {
        let indices = |(now, before): (&u16, &u16)| (usize::from(*now), usize::from(*before));
        self.0.iter().zip(&former.0).any(|slot| indices(slot) == (node, former_node))
    }

    /// Returns the number of slots that no node has.
    pub(crate) fn uncovered(&self) -> usize {
        self.0.iter().filter(|node| **node == NONE).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_belong_to_the_last_node_that_they_were_given_to() {
        let mut map = SlotMap::new();
        assert_eq!((map.node(0), map.uncovered()), (None, usize::from(SLOTS)));
        map.assign(0..=SLOTS - 1, 0);
        map.assign(5..=6, 1);
        assert_eq!([4, 5, 6, 7].map(|slot| map.node(slot)), [Some(0), Some(1), Some(1), Some(0)]);
        assert_eq!((map.node(SLOTS), map.uncovered()), (None, 0));
        let mut later = map.clone();
        later.assign(5..=5, 2);
        assert!(later.shares_slots_with(2, &map, 1) && later.shares_slots_with(1, &map, 1));
        assert!(!later.shares_slots_with(2, &map, 0));
    }
}
