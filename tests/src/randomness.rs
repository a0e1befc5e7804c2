//! Random numbers for randomised tests.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A small generator (splitmix64), for delays in tests.
#[derive(Debug)]
pub struct Randomness(u64);

impl Randomness {
    /// Starts a new sequence.
    pub fn new() -> Self {
        Self(RandomState::new().hash_one("seed"))
    }

    /// Returns a number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// Returns a time shorter than `limit`.
    pub fn time_below(&mut self, limit: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(limit.as_micros()).expect("a short time")))
    }
}

impl Default for Randomness {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a text that is unique in this run.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}-{:016x}", RandomState::new().hash_one(prefix))
}
