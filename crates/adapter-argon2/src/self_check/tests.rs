use auth_testkit::TestClock;

use super::*;
use crate::kernel::{Blocks, Variant};

const COST: Cost = Cost { memory_kib: 19_456, iterations: 2, parallelism: 1 };

/// A kernel with an error in one bit of some hashes.
struct Wrong {
    right: Box<dyn Blocks>,
    is_wrong: fn(&Input<'_>) -> bool,
}

impl Blocks for Wrong {
    fn hash(&mut self, input: &Input<'_>, output: &mut [u8]) -> Result<(), HashError> {
        self.right.hash(input, output)?;
        if (self.is_wrong)(input) {
            output[31] ^= 1;
        }
        Ok(())
    }

    fn allocated(&self) -> usize {
        self.right.allocated()
    }

    fn free(&mut self) {
        self.right.free();
    }
}

fn wrong(is_wrong: fn(&Input<'_>) -> bool) -> Box<dyn Blocks> {
    Box::new(Wrong { right: (Kernel::fast().blocks)(), is_wrong })
}

const WRONG_VECTORS: Kernel =
    Kernel { name: "wrong", blocks: || wrong(|input| matches!(input.variant, Variant::I)) };
/// Wrong only with one lane, which no vector has.
const WRONG_LANES: Kernel = Kernel { name: "wrong", blocks: || wrong(|input| input.cost.parallelism == 1) };
/// Wrong only in more memory than the comparison at the start uses.
const WRONG_IN_LARGE: Kernel =
    Kernel { name: "wrong", blocks: || wrong(|input| input.cost.memory_kib > 1_024) };

fn selected(candidate: Kernel) -> Checked {
    Checked::select(candidate, COST, &*TestClock::new()).unwrap()
}

// S-05
#[test]
fn a_kernel_with_wrong_hashes_is_replaced_by_the_reference() {
    for kernel in [WRONG_VECTORS, WRONG_LANES] {
        let selected = selected(kernel);
        assert_eq!((selected.kernel.name, selected.rejected), ("portable", Some("wrong")));
    }
}

#[test]
fn the_kernel_of_this_machine_passes_the_check() {
    let selected = selected(Kernel::fast());
    assert_eq!((selected.kernel.name, selected.rejected), (Kernel::fast().name, None));
    assert_eq!(selected.work, 512);
    assert!(selected.time > Duration::ZERO);
}

#[test]
fn the_comparison_with_full_parameters_finds_what_the_small_one_cannot() {
    let clock = TestClock::new();
    assert_eq!(selected(WRONG_IN_LARGE).rejected, None);
    let reason = compare(WRONG_IN_LARGE, COST, &*clock).unwrap_err();
    assert_eq!(reason, Mismatch::Reference(19_456, 2, 1));
    assert!(compare(Kernel::fast(), COST, &*clock).is_ok());
}
