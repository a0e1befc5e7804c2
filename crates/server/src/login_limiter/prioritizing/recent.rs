//! A map of recent limit keys that is bounded in memory.

use std::collections::HashMap;

use auth_domain::model::LimitKey;

/// The size of a generation.
pub(super) const GENERATION: usize = 50_000;

/// Values by limit key. Two generations are kept; the older one is forgotten when the newer one is full.
pub(super) struct Recent<V> {
    newer: HashMap<LimitKey, V>,
    older: HashMap<LimitKey, V>,
    generation: usize,
}

impl<V: Copy> Recent<V> {
    /// Keeps at most two generations of this size.
    pub(super) fn new(generation: usize) -> Self {
        Self { newer: HashMap::new(), older: HashMap::new(), generation }
    }

    pub(super) fn get(&self, key: &LimitKey) -> Option<V> {
        self.newer.get(key).or_else(|| self.older.get(key)).copied()
    }

    pub(super) fn insert(&mut self, key: LimitKey, value: V) {
        if self.newer.len() >= self.generation && !self.newer.contains_key(&key) {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &LimitKey) {
        self.newer.remove(key);
        self.older.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_the_newest_are_kept() {
        let key = |number: u8| LimitKey::from_bytes([number; 16]);
        let mut recent = Recent::new(20);
        for number in 0..70 {
            recent.insert(key(number), number);
        }
        assert_eq!((recent.newer.len(), recent.older.len()), (10, 20));
        assert_eq!(
            [recent.get(&key(69)), recent.get(&key(40)), recent.get(&key(39))],
            [Some(69), Some(40), None]
        );
        recent.remove(&key(40));
        assert_eq!(recent.get(&key(40)), None);
    }
}
