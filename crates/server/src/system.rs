//! The system clock and the system's randomness. Everything else gets time and randomness through ports.

use std::cell::RefCell;

use auth_domain::ports::{Entropy, PortError};
pub(crate) use auth_verifier::SystemClock;
use zeroize::{Zeroize, Zeroizing};

/// The number of random bytes that a thread reads at once: enough for a refresh, and what Linux returns without interruption.
const BATCH: usize = 256;

thread_local! {
    static UNUSED: RefCell<Unused> = RefCell::default();
}

/// The random number generator of the operating system.
///
/// Each thread reads some bytes in advance, because a system call costs more than the bytes. Bytes are wiped when they are used.
/// A copy of the process could use them twice, and this process never forks.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        if bytes.len() > BATCH {
            return read(bytes);
        }
        UNUSED.with_borrow_mut(|unused| unused.take(bytes))
    }
}

/// Random bytes that no one has used.
struct Unused {
    bytes: Zeroizing<[u8; BATCH]>,
    /// The number of bytes that are left, at the end.
    left: usize,
}

impl Default for Unused {
    fn default() -> Self {
        Self { bytes: Zeroizing::new([0; BATCH]), left: 0 }
    }
}

impl Unused {
    /// Moves bytes into `bytes`, which has at most [`BATCH`].
    fn take(&mut self, bytes: &mut [u8]) -> Result<(), PortError> {
        if self.left < bytes.len() {
            self.left = 0;
            read(&mut *self.bytes)?;
            self.left = BATCH;
        }
        let start = BATCH - self.left;
        let taken = self.bytes.get_mut(start..start + bytes.len());
        let taken = taken.ok_or_else(|| PortError::unavailable("more random bytes than one batch"))?;
        bytes.copy_from_slice(taken);
        taken.zeroize();
        self.left -= bytes.len();
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is what the Entropy port stands for")]
fn read(bytes: &mut [u8]) -> Result<(), PortError> {
    getrandom::fill(bytes).map_err(PortError::unavailable)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    fn chunks(count: usize) -> Vec<[u8; 16]> {
        let chunk = |_| {
            let mut bytes = [0; 16];
            SystemEntropy.fill(&mut bytes).unwrap();
            bytes
        };
        (0..count).map(chunk).collect()
    }

    // S-45
    #[test]
    fn no_random_byte_is_used_twice_on_any_thread() {
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| chunks(1_000))).collect();
        let all: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 4_000);
        // Overlapping windows would repeat the second half of a chunk.
        let halves: HashSet<_> = all.iter().flat_map(|chunk| chunk.as_chunks::<8>().0).collect();
        assert_eq!(halves.len(), 8_000);
    }

    #[test]
    fn bytes_are_wiped_when_they_are_used() {
        let mut unused = Unused::default();
        let (mut first, mut second) = ([0; 100], [0; 100]);
        unused.take(&mut first).unwrap();
        unused.take(&mut second).unwrap();
        assert!(first != second && first != [0; 100]);
        assert_eq!((unused.bytes[..200].iter().max(), unused.left), (Some(&0), 56));
        unused.take(&mut first).unwrap();
        assert_eq!(unused.left, 156, "the rest is too short, and is not used");
    }

    #[test]
    fn more_bytes_than_a_batch_are_read_directly() {
        let mut bytes = [0; 4 * BATCH];
        SystemEntropy.fill(&mut bytes).unwrap();
        assert!(bytes.chunks(64).all(|part| part.iter().any(|byte| *byte != 0)));
    }
}
