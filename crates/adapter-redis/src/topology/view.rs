//! The primaries, as this process knows them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Cmd, ConnectionAddr};
use time::OffsetDateTime;

use super::discovery::Found;
use super::slot_map::SlotMap;
use crate::connection::Node;
use crate::slot::{first_key, slot_of};

/// How long a guest stays in the view without a use.
const GUEST_TIME: Duration = Duration::from_secs(5);

/// What decides which server a command goes to.
#[derive(Clone, Copy)]
pub(crate) enum Destination<'a> {
    /// Any primary.
    Any,
    /// The primary of a key.
    Key(&'a str),
    /// The primary of the first key of a command.
    KeyOf(&'a Cmd),
    /// One node.
    Node(&'a Arc<Node>),
}

/// The primaries at one time.
#[derive(Clone)]
pub(crate) struct View {
    /// Increases with each failover.
    pub(super) epoch: u64,
    pub(super) nodes: Vec<Arc<Node>>,
    /// `None` if one node has all keys.
    pub(super) slots: Option<SlotMap>,
    /// Nodes that import their first slot: no view of the cluster names them.
    guests: Vec<Guest>,
}

#[derive(Clone)]
struct Guest {
    node: Arc<Node>,
    /// When the last `ASK` named it.
    asked: Instant,
}

impl View {
    /// Returns the view before the first discovery.
    pub(super) const fn unknown() -> Self {
        Self { epoch: 0, nodes: Vec::new(), slots: None, guests: Vec::new() }
    }

    /// Returns the view of one server.
    pub(super) fn single(node: Node) -> Self {
        Self { nodes: vec![Arc::new(node)], ..Self::unknown() }
    }

    /// Returns the view after a discovery. A primary that is known keeps its connections.
    pub(super) fn of_found(&self, found: Found, now: Instant, new: impl Fn(ConnectionAddr) -> Node) -> Self {
        let node =
            |address: ConnectionAddr| self.at(&address).map_or_else(|| Arc::new(new(address)), Arc::clone);
        let nodes: Vec<_> = found.primaries.into_iter().map(node).collect();
        let is_used = |guest: &&Guest| {
            now.saturating_duration_since(guest.asked) < GUEST_TIME
                || guest.node.open().any(|connection| !connection.is_idle(now))
        };
        let guests = self.guests_but(|node| has(&nodes, node)).filter(is_used).cloned().collect();
        Self { epoch: found.epoch, nodes, slots: found.slots, guests }
    }

    /// Notes which of the primaries that are new since another view have replaced one that is not a primary any more. A slot that
    /// was moved between two primaries has all its keys.
    pub(super) fn note_promotions(&self, former: &Self, now: OffsetDateTime) {
        let is_gone = |node: &&Arc<Node>| !has(&self.nodes, node);
        let gone: Vec<_> = former.nodes.iter().enumerate().filter(|(_, node)| is_gone(node)).collect();
        for (index, node) in self.nodes.iter().enumerate() {
            let has_replaced = |(gone, _): &(usize, _)| match (&self.slots, &former.slots) {
                (Some(slots), Some(former)) => slots.shares_slots_with(index, former, *gone),
                _ => true,
            };
            node.server().note_promotion(|| gone.iter().any(has_replaced).then_some(now));
        }
    }

    /// Returns the view after a redirection: a slot is at a node now.
    pub(super) fn moved(&self, slot: u16, node: Arc<Node>) -> Self {
        let (mut nodes, mut slots) = (self.nodes.clone(), self.slots.clone());
        let known = nodes.iter().position(|known| Arc::ptr_eq(known, &node));
        let index = known.unwrap_or(nodes.len());
        if let Some(slots) = &mut slots {
            slots.assign(slot..=slot, index);
        }
        let guests = self.guests_but(|guest| Arc::ptr_eq(guest, &node)).cloned().collect();
        if known.is_none() {
            nodes.push(node);
        }
        Self { epoch: self.epoch, nodes, slots, guests }
    }

    /// Returns the view after a redirection: a node imports a slot.
    pub(super) fn asked(&self, node: Arc<Node>, now: Instant) -> Self {
        if has(&self.nodes, &node) {
            return self.clone();
        }
        let others: Vec<_> = self.guests_but(|guest| Arc::ptr_eq(guest, &node)).cloned().collect();
        let guests = others.into_iter().chain([Guest { node, asked: now }]).collect();
        Self { guests, ..self.clone() }
    }

    fn guests_but(&self, is_left_out: impl Fn(&Arc<Node>) -> bool) -> impl Iterator<Item = &Guest> {
        self.guests.iter().filter(move |guest| !is_left_out(&guest.node))
    }

    /// Discards the connections of the nodes that are not in another view.
    pub(super) fn retire_all_but(&self, other: &Self) {
        self.all()
            .filter(|node| !other.all().any(|kept| Arc::ptr_eq(kept, node)))
            .for_each(|node| node.retire());
    }

    /// Returns the node for a command; `None` if no primary is known for it.
    pub(crate) fn node<'a>(&'a self, destination: Destination<'a>) -> Option<&'a Arc<Node>> {
        if let Destination::Node(node) = destination {
            return Some(node);
        }
        let Some(slots) = &self.slots else { return self.nodes.first() };
        let key = match destination {
            Destination::Any | Destination::Node(_) => None,
            Destination::Key(key) => Some(key.as_bytes()),
            Destination::KeyOf(command) => first_key(command),
        };
        if let Some(key) = key {
            return slots.node(slot_of(key)).and_then(|index| self.nodes.get(index));
        }
        let open = self.nodes.iter().find(|node| node.open().next().is_some());
        open.or_else(|| self.nodes.first())
    }

    /// Returns the node at an address, if it is known.
    pub(super) fn at(&self, address: &ConnectionAddr) -> Option<&Arc<Node>> {
        self.all().find(|node| node.server().address() == address && !node.server().is_retired())
    }

    /// Returns the primaries.
    pub(crate) fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// Returns all nodes that have connections.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.nodes.iter().chain(self.guests.iter().map(|guest| &guest.node))
    }

    /// Returns the number of slots without a primary.
    pub(crate) fn uncovered_slots(&self) -> usize {
        self.slots.as_ref().map_or(0, SlotMap::uncovered)
    }
}

fn has(nodes: &[Arc<Node>], node: &Arc<Node>) -> bool {
    nodes.iter().any(|other| Arc::ptr_eq(other, node))
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Clock;
    use auth_testkit::TestClock;
    use time::macros::datetime;

    use super::*;
    use crate::connection::{Server, Sets};
    use crate::slot::SLOTS;

    const NOW: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);

    fn at(port: u16) -> ConnectionAddr {
        ConnectionAddr::Tcp("127.0.0.1".to_owned(), port)
    }

    fn new(address: ConnectionAddr) -> Node {
        Node::new(Server::discovered(address), &Sets { workers: 0, runtime: None })
    }

    /// The view after a discovery that names these primaries, each with the slots from its own to that of the next.
    fn discovered(former: &View, primaries: &[(u16, u16)]) -> View {
        let mut slots = SlotMap::new();
        for (index, (_, first)) in primaries.iter().enumerate() {
            slots.assign(*first..=SLOTS - 1, index);
        }
        let primaries = primaries.iter().map(|(port, _)| at(*port)).collect();
        let found = Found { epoch: 1, primaries, slots: Some(slots) };
        let view = former.of_found(found, TestClock::new().instant(), new);
        view.note_promotions(former, NOW);
        view
    }

    fn promoted_at(view: &View, port: u16) -> Option<OffsetDateTime> {
        view.at(&at(port)).unwrap().server().promoted_at()
    }

    #[test]
    fn only_a_successor_of_a_vanished_primary_counts_as_promoted() {
        let first = discovered(&View::unknown(), &[(1, 0), (2, 100)]);
        assert_eq!([promoted_at(&first, 1), promoted_at(&first, 2)], [None, None]);

        // Slots are moved to a new primary, which a redirection names first.
        let moved = first.moved(200, Arc::new(new(at(3))));
        assert_eq!(promoted_at(&moved, 3), None);
        let resharded = discovered(&moved, &[(1, 0), (2, 100), (3, 200)]);
        assert_eq!(promoted_at(&resharded, 3), None);
        // The last slots of the first one are moved, and it is removed.
        let removed = discovered(&resharded, &[(2, 0), (3, 200)]);
        assert_eq!([promoted_at(&removed, 2), promoted_at(&removed, 3)], [None, None]);

        // A replica replaces the second one, and a redirection names it first.
        let moved = removed.moved(7, Arc::new(new(at(4))));
        let replaced = discovered(&moved, &[(4, 0), (3, 200)]);
        assert_eq!([promoted_at(&replaced, 3), promoted_at(&replaced, 4)], [None, Some(NOW)]);
    }

    #[test]
    fn node_that_imports_a_slot_is_known_while_it_is_asked() {
        let now = TestClock::new().instant();
        let rediscovered = |view: &View, now: Instant| {
            view.of_found(Found { epoch: 1, primaries: vec![at(1)], slots: None }, now, new)
        };
        let asked = discovered(&View::unknown(), &[(1, 0)]).asked(Arc::new(new(at(2))), now);
        // No connection to it is open yet.
        let kept = rediscovered(&asked, now + GUEST_TIME / 2);
        let guest = kept.at(&at(2)).unwrap();
        let kept = rediscovered(&kept.asked(Arc::clone(guest), now + GUEST_TIME / 2), now + GUEST_TIME);
        assert_eq!(kept.all().count(), 2);
        assert!(rediscovered(&kept, now + 2 * GUEST_TIME).at(&at(2)).is_none());
    }
}
