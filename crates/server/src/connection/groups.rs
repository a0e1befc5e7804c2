//! The connections, by the limits that they count for.

use std::collections::HashMap;
use std::sync::Arc;

use auth_domain::model::ClientAddress;

use super::entry::Entry;
use super::group::Group;

/// All open connections, and those of each address. Trusted proxies have no address (`None`) and no group.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) all: Group,
    by_address: HashMap<ClientAddress, Group>,
    next_id: u64,
}

impl Groups {
    /// Returns the number of connections of an address.
    pub(super) fn count(&self, address: Option<ClientAddress>) -> usize {
        address.and_then(|address| self.by_address.get(&address)).map_or(0, Group::len)
    }

    /// Returns the connection of an address that has waited longest for its client.
    pub(super) fn longest_waiting_of(&mut self, address: Option<ClientAddress>) -> Option<Arc<Entry>> {
        self.by_address.get_mut(&address?)?.longest_waiting()
    }

    pub(super) fn insert(&mut self, address: Option<ClientAddress>, now: u64) -> Arc<Entry> {
        let entry = Arc::new(Entry::new(self.next_id, address, now));
        self.next_id += 1;
        self.all.insert(Arc::clone(&entry));
        if let Some(address) = address {
            self.by_address.entry(address).or_default().insert(Arc::clone(&entry));
        }
        entry
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        self.all.remove(entry.id);
        if let Some(address) = entry.address
            && let Some(group) = self.by_address.get_mut(&address)
        {
            group.remove(entry.id);
            if group.len() == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}
