//! The memory of all threads together, also while threads end.

use std::sync::Condvar;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::kernel::{Blocks, Input};

/// What all threads have allocated, in blocks.
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// The number of allocations.
static ALLOCATIONS: Mutex<usize> = Mutex::new(0);
static ONE_MORE: Condvar = Condvar::new();

/// Blocks that are freed late: when another thread has allocated some, or after a time.
#[derive(Default)]
struct FreedLate {
    blocks: usize,
}

impl Blocks for FreedLate {
    fn hash(&mut self, input: &Input<'_>, _: &mut [u8]) -> Result<(), HashError> {
        if self.blocks == 0 {
            self.blocks = input.cost.blocks() as usize;
            let allocated = ALLOCATED.fetch_add(self.blocks, Ordering::SeqCst) + self.blocks;
            PEAK.fetch_max(allocated, Ordering::SeqCst);
            *ALLOCATIONS.lock().unwrap() += 1;
            ONE_MORE.notify_all();
        }
        Ok(())
    }

    fn allocated(&self) -> usize {
        self.blocks
    }

    fn free(&mut self) {
        let allocations = ALLOCATIONS.lock().unwrap();
        let before = *allocations;
        let late = Duration::from_millis(300);
        drop(ONE_MORE.wait_timeout_while(allocations, late, |allocations| *allocations == before));
        ALLOCATED.fetch_sub(std::mem::take(&mut self.blocks), Ordering::SeqCst);
    }
}

impl Drop for FreedLate {
    fn drop(&mut self) {
        if self.blocks > 0 {
            self.free();
        }
    }
}

/// A thread that ends frees its memory before another thread takes some.
// S-04, S-11
#[tokio::test]
async fn memory_is_bounded_while_threads_end_and_others_start() {
    let clock = StandingClock::new();
    let kernel = Kernel { name: "freed late", blocks: || Box::new(FreedLate::default()) };
    let checked = Checked::unchecked(kernel, Duration::ZERO, 3 * COST.work());
    let pool = Pool::new(&checked, &[], 2, WorkTarget::of(COST), clock.clone());
    for _ in 0..3 {
        let hash = || pool.run(pool.admit(start_request(&*clock, HOUR)).unwrap(), |_| Ok(()));
        let (first, second) = tokio::join!(hash(), hash());
        first.and(second).unwrap();
        clock.advance(Duration::from_mins(1)).await;
        assert_eq!(pool.threads.idle().len(), 0);
    }
    assert!(*ALLOCATIONS.lock().unwrap() >= 4, "the threads started again");
    assert_eq!(PEAK.load(Ordering::SeqCst), 2 * COST.blocks() as usize);
}
