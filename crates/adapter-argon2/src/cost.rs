//! The cost parameters of Argon2.

/// The three parameters of Argon2 (RFC 9106 §3.1) that determine memory and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Memory in KiB, which is also the number of blocks.
    pub(crate) memory_kib: u32,
    /// Passes over the memory.
    pub(crate) iterations: u32,
    /// Lanes.
    pub(crate) parallelism: u32,
}

/// Memory in KiB and passes that are equivalent according to the OWASP Password Storage Cheat Sheet.
const OWASP: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// The number of segments of a lane. The memory of a hash is a multiple of it for each lane, in KiB.
const SLICES: u32 = 4;
/// The minimum memory of a hash, in KiB for each lane.
const MIN_KIB: u32 = 8;

impl Cost {
    /// The cost of legacy hashes.
    pub(crate) const LEGACY: Self = Self { memory_kib: 65_536, iterations: 5, parallelism: 8 };
    /// The upper bounds of stored hashes.
    pub(crate) const HIGHEST: Self = Self { memory_kib: 262_144, iterations: 10, parallelism: 16 };

    /// Whether new hashes may have this cost.
    pub(crate) fn is_enough(self) -> bool {
        OWASP
            .iter()
            .any(|(memory_kib, iterations)| self.memory_kib >= *memory_kib && self.iterations >= *iterations)
    }

    /// Whether the cost is within the upper bounds of stored hashes.
    pub(crate) const fn is_bounded(self) -> bool {
        self.memory_kib <= Self::HIGHEST.memory_kib
            && self.iterations <= Self::HIGHEST.iterations
            && self.parallelism <= Self::HIGHEST.parallelism
    }

    /// The number of blocks of memory (RFC 9106 §3.2): whole segments, four in each lane.
    pub(crate) const fn blocks(self) -> u32 {
        let lanes = if self.parallelism == 0 { 1 } else { self.parallelism };
        let slices = lanes.saturating_mul(SLICES);
        self.memory_kib / slices * slices
    }

    /// The number of block compressions, which measures the work of a hash independently of the machine.
    pub(crate) const fn work(self) -> u64 {
        self.blocks() as u64 * self.iterations as u64
    }

    /// Returns the cost of one more hash that completes the work of this one after `done` block compressions; `None` if nothing
    /// remains.
    ///
    /// It has as many lanes as this one if there is enough memory for them: a block with more lanes takes longer. The sum may be
    /// less by one memory step per pass, which is some ten microseconds.
    pub(crate) fn rest(self, done: u64) -> Option<Self> {
        if done == 0 {
            return Some(self);
        }
        let iterations = self.iterations.max(1);
        let left = self.work().saturating_sub(done) / u64::from(iterations);
        let left = u32::try_from(left).unwrap_or(u32::MAX);
        let with = |parallelism: u32| {
            let step = SLICES.saturating_mul(parallelism).max(1);
            let memory_kib = left / step * step;
            let is_enough = memory_kib >= MIN_KIB.saturating_mul(parallelism);
            is_enough.then_some(Self { memory_kib, iterations, parallelism })
        };
        with(self.parallelism).or_else(|| with(1))
    }
}
