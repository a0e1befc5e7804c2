//! Slots of a cluster that move from one primary to another.

use crate::servers::RedisServer;
use crate::servers::supervisor::wait_until;

use super::cluster::RedisCluster;

/// Keys per `MIGRATE`.
const KEYS: &str = "100";

impl RedisCluster {
    /// Moves a slot with its keys to another primary, which is returned.
    pub fn move_slot(&self, slot: u16) -> &RedisServer {
        let target = self.begin_move(slot);
        self.move_keys(slot, target);
        self.finish_move(slot, target);
        target
    }

    /// Begins to move a slot to another primary, which is returned. The owner answers `ASK` for keys that it does not have.
    pub fn begin_move(&self, slot: u16) -> &RedisServer {
        let source = self.owner(slot);
        let primaries = self.primaries();
        let target = *primaries.iter().find(|node| node.port() != source.port()).expect("another primary");
        let slot = slot.to_string();
        expect_ok(target, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", self.id_of(source)]);
        expect_ok(source, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", self.id_of(target)]);
        target
    }

    /// Moves the keys of a slot whose move has begun; returns their number.
    pub fn move_keys(&self, slot: u16, target: &RedisServer) -> usize {
        let (source, slot) = (self.owner(slot), slot.to_string());
        let mut moved = 0;
        loop {
            let keys = source.ask(&["CLUSTER", "GETKEYSINSLOT", &slot, KEYS]).expect("a reply of the owner");
            if keys.is_empty() {
                return moved;
            }
            moved += keys.len();
            migrate(source, target, &keys);
        }
    }

    /// Moves these keys of a slot whose move has begun.
    pub fn move_some_keys(&self, slot: u16, target: &RedisServer, keys: &[&str]) {
        migrate(self.owner(slot), target, keys);
    }

    /// Makes `target` the owner of a slot whose keys were moved, and waits until all running nodes know.
    pub fn finish_move(&self, slot: u16, target: &RedisServer) {
        let (source, number, id) = (self.owner(slot), slot.to_string(), self.id_of(target));
        // The target first: otherwise no node owns the slot for a moment.
        for node in [target, source] {
            expect_ok(node, &["CLUSTER", "SETSLOT", &number, "NODE", id]);
        }
        let knows = |node: &&RedisServer| owner_seen_by(node, slot).as_deref() == Some(id);
        let running = || self.nodes.iter().filter(|node| node.is_running());
        assert!(wait_until(|| running().all(|node| knows(&node))), "slot {slot} did not move");
    }

    /// Returns the primary of a slot.
    ///
    /// # Panics
    /// If fewer than three nodes agree within half a minute.
    #[must_use]
    pub fn owner(&self, slot: u16) -> &RedisServer {
        let agreed = || {
            let seen: Vec<_> = self.nodes.iter().filter_map(|node| owner_seen_by(node, slot)).collect();
            seen.iter().find(|id| seen.iter().filter(|it| it == id).count() >= 3).cloned()
        };
        assert!(wait_until(|| agreed().is_some()), "the nodes do not agree on the owner of slot {slot}");
        self.node(&agreed().expect("an owner"))
    }
}

/// The id of the node that has a slot, as `node` sees it.
fn owner_seen_by(node: &RedisServer, slot: u16) -> Option<String> {
    let text = node.ask(&["CLUSTER", "NODES"])?.concat();
    let owner = text.lines().find(|line| line.split(' ').skip(8).any(|range| contains(range, slot)))?;
    owner.split(' ').next().map(str::to_owned)
}

fn contains(range: &str, slot: u16) -> bool {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    matches!((first.parse(), last.parse()), (Ok(first), Ok(last)) if (first..=last).contains(&slot))
}

fn expect_ok(node: &RedisServer, words: &[&str]) {
    let reply = node.ask(words);
    assert_eq!(reply, Some(vec!["OK".to_owned()]), "{words:?}");
}

fn migrate(source: &RedisServer, target: &RedisServer, keys: &[impl AsRef<str>]) {
    let port = target.main_port().to_string();
    let mut words = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000"];
    if let Some(password) = target.password() {
        words.extend(["AUTH", password]);
    }
    words.push("KEYS");
    words.extend(keys.iter().map(AsRef::as_ref));
    // `NOKEY`: all of them have just expired.
    let reply = source.ask(&words).expect("a reply of the owner");
    assert!(["OK", "NOKEY"].contains(&reply[0].as_str()), "MIGRATE: {reply:?}");
}
