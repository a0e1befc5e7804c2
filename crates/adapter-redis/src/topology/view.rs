//! The primaries, as this process knows them.

use std::sync::Arc;
use std::time::Instant;

use redis::{Cmd, ConnectionAddr};

use super::discovery::Found;
use super::slot_map::SlotMap;
use crate::connection::Node;
use crate::slot::{first_key, slot_of};

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
    pub(super) guests: Vec<Arc<Node>>,
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
        let is_used = |node: &&Arc<Node>| node.open().any(|connection| !connection.is_idle(now));
        let guests =
            self.guests.iter().filter(|guest| !has(&nodes, guest)).filter(is_used).cloned().collect();
        Self { epoch: found.epoch, nodes, slots: found.slots, guests }
    }

    /// Returns the view after a redirection: a slot is at a node now.
    pub(super) fn moved(&self, slot: u16, node: Arc<Node>) -> Self {
        let (mut nodes, mut slots) = (self.nodes.clone(), self.slots.clone());
        let known = nodes.iter().position(|known| Arc::ptr_eq(known, &node));
        let index = known.unwrap_or(nodes.len());
        if let Some(slots) = &mut slots {
            slots.assign(slot..=slot, index);
        }
        let guests = self.guests.iter().filter(|guest| !Arc::ptr_eq(guest, &node)).cloned().collect();
        if known.is_none() {
            nodes.push(node);
        }
        Self { epoch: self.epoch, nodes, slots, guests }
    }

    /// Returns the view with a node that imports its first slot.
    pub(super) fn with_guest(&self, node: Arc<Node>) -> Self {
        let guests = self.guests.iter().cloned().chain([node]).collect();
        Self { epoch: self.epoch, nodes: self.nodes.clone(), slots: self.slots.clone(), guests }
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
        self.nodes.iter().chain(&self.guests)
    }

    /// Returns the number of slots without a primary.
    pub(crate) fn uncovered_slots(&self) -> usize {
        self.slots.as_ref().map_or(0, SlotMap::uncovered)
    }
}

fn has(nodes: &[Arc<Node>], node: &Arc<Node>) -> bool {
    nodes.iter().any(|other| Arc::ptr_eq(other, node))
}
