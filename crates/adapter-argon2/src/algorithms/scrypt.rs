//! scrypt (RFC 7914).

use ::scrypt::{Params, scrypt};

use crate::error::HashError;

/// The binary logarithm of N, the block size r, and the parallelism p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScryptCost {
    log_n: u8,
    r: u32,
    p: u32,
}

/// The bytes of memory for each unit of work. A block has r units.
const BYTES: u64 = 128;

impl ScryptCost {
    /// The highest memory for N blocks, in bytes. It is counted for each of the p computations, which use it one after the other, so
    /// that it is also a bound of the time.
    const HIGHEST_MEMORY: u64 = 256 * 1_024 * 1_024;
    const MAX_LOG_N: u8 = 21;
    /// The bounds of r and p keep the p + 1 blocks small that are allocated besides the N blocks.
    const MAX_R: u32 = 32;
    const MAX_P: u32 = 16;

    /// The cost; `None` if it is out of bounds.
    pub(crate) fn new(log_n: u8, r: u32, p: u32) -> Option<Self> {
        let is_bounded = (1..=Self::MAX_LOG_N).contains(&log_n)
            && (1..=Self::MAX_R).contains(&r)
            && (1..=Self::MAX_P).contains(&p);
        let cost = Self { log_n, r, p };
        (is_bounded && cost.work().saturating_mul(BYTES) <= Self::HIGHEST_MEMORY).then_some(cost)
    }

    /// N × r × p.
    pub(crate) const fn work(self) -> u64 {
        ((self.r as u64) * (self.p as u64)) << self.log_n
    }

    /// The bytes that the library allocates: N blocks, the p blocks of the state, and one for the computation.
    pub(crate) const fn allocated(self) -> u64 {
        BYTES * (self.r as u64) * ((1 << self.log_n) + self.p as u64 + 1)
    }

    /// The beginning of a stored hash.
    pub(crate) fn parameters(self) -> String {
        let Self { log_n, r, p } = self;
        format!("$scrypt$ln={log_n},r={r},p={p}")
    }

    /// The costs of the hashes that complete the work after `done`: with the same N as long as possible, then one for each power of
    /// two.
    pub(crate) fn rest(self, done: u64) -> Vec<Self> {
        let left = self.work().saturating_sub(done) / u64::from(self.r.max(1));
        let p = u32::try_from(left >> self.log_n).unwrap_or(u32::MAX);
        let whole = Self::new(self.log_n, self.r, p);
        let smaller = (1..self.log_n).rev().filter(|bit| left >> bit & 1 == 1);
        whole.into_iter().chain(smaller.filter_map(|log_n| Self::new(log_n, self.r, 1))).collect()
    }

    /// Computes a hash in memory of its own, which is freed at the end.
    ///
    /// # Errors
    /// `OutOfMemory`, or `Rejected` if a length is out of bounds.
    pub(crate) fn hash(self, password: &[u8], salt: &[u8], output: &mut [u8]) -> Result<(), HashError> {
        let params = Params::new(self.log_n, self.r, self.p);
        let params = params.map_err(|error| HashError::Rejected(error.to_string()))?;
        self.check_memory()?;
        scrypt(password, salt, &params, output).map_err(|error| HashError::Rejected(error.to_string()))
    }

    /// The library ends the process if there is no memory, so it is asked for before. It takes no page until it is written.
    fn check_memory(self) -> Result<(), HashError> {
        let bytes = usize::try_from(self.allocated()).map_err(|_| HashError::OutOfMemory)?;
        Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| HashError::OutOfMemory)
    }
}
