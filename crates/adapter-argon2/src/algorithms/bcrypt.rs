//! bcrypt.

use zeroize::Zeroizing;

/// The length of a salt, in bytes.
const SALT_BYTES: usize = 16;
/// The length of the key. bcrypt ignores the rest of a longer password.
const KEY_BYTES: usize = 72;

/// The cost of bcrypt: the binary logarithm of the number of rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BcryptCost(u32);

impl BcryptCost {
    const LOWEST: u32 = 4;
    const HIGHEST: u32 = 14;

    /// The cost; `None` if it is out of bounds.
    pub(crate) fn new(cost: u32) -> Option<Self> {
        (Self::LOWEST..=Self::HIGHEST).contains(&cost).then_some(Self(cost))
    }

    /// The number of rounds.
    pub(crate) const fn work(self) -> u64 {
        1 << self.0
    }

    /// The beginning of a stored hash.
    pub(crate) fn parameters(self) -> String {
        format!("$2b${:02}", self.0)
    }

    /// The costs of the hashes that complete the work after `done` rounds: one for each power of two.
    pub(crate) fn rest(self, done: u64) -> Vec<Self> {
        let left = self.work().saturating_sub(done);
        (Self::LOWEST..=self.0).rev().filter(|bit| left >> bit & 1 == 1).map(Self).collect()
    }

    /// Computes a hash. The password ends at 72 bytes; a shorter one is followed by a NUL.
    pub(crate) fn hash(self, password: &[u8], salt: [u8; SALT_BYTES]) -> [u8; 24] {
        let mut key = Zeroizing::new(Vec::with_capacity(KEY_BYTES));
        key.extend(password.iter().copied().chain([0]).take(KEY_BYTES));
        ::bcrypt::bcrypt(self.0, salt, &key)
    }
}
