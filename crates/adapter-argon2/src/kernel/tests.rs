use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::cost::Cost;

/// Random bytes for the parts of an input.
type Bytes = Vec<u8>;

fn bytes(lengths: std::ops::Range<usize>) -> impl Strategy<Value = Bytes> {
    proptest::collection::vec(any::<u8>(), lengths)
}

/// Any cost up to about a megabyte, in particular memory that is no multiple of the lanes.
fn cost() -> impl Strategy<Value = Cost> {
    (1_u32..=16, 1_u32..=10, 0_u32..1_024).prop_map(|(parallelism, iterations, more)| Cost {
        memory_kib: 8 * parallelism + more,
        iterations,
        parallelism,
    })
}

fn cases() -> u32 {
    if std::env::var_os("SOAK").is_some() { 10_000 } else { 48 }
}

/// Both kernels compute in memory that the cases before have left.
// S-05
#[test]
fn the_fast_kernel_computes_what_the_reference_computes() {
    let runner =
        &mut TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    let inputs = (cost(), 0_usize..3, 4_usize..129, bytes(0..200), bytes(8..65), bytes(0..40), bytes(0..33));
    let kernels = [Kernel::PORTABLE, Kernel::fast()].map(|kernel| std::cell::RefCell::new((kernel.blocks)()));
    runner
        .run(&inputs, |(cost, variant, length, password, salt, secret, data)| {
            let variant = [Variant::D, Variant::I, Variant::Id][variant];
            let input =
                Input { variant, cost, password: &password, salt: &salt, secret: &secret, data: &data };
            let [reference, fast] = kernels.each_ref().map(|blocks| {
                let mut output = vec![0; length];
                blocks.borrow_mut().hash(&input, &mut output).map(|()| output)
            });
            proptest::prop_assert!(reference.is_ok(), "{reference:?}");
            proptest::prop_assert_eq!(reference, fast);
            Ok(())
        })
        .unwrap();
}

// S-04
#[test]
fn both_kernels_reject_the_same_inputs() {
    let good = Cost { memory_kib: 32, iterations: 1, parallelism: 4 };
    for (cost, salt, length) in [
        (Cost { memory_kib: 31, ..good }, 8, 32),
        (Cost { iterations: 0, ..good }, 8, 32),
        (Cost { parallelism: 0, ..good }, 8, 32),
        (good, 7, 32),
        (good, 8, 3),
    ] {
        for kernel in [Kernel::PORTABLE, Kernel::fast()] {
            let input = Input::stored(cost, b"password", &[0; 8][..salt]);
            let rejected = (kernel.blocks)().hash(&input, &mut vec![0; length]);
            assert!(rejected.is_err(), "{} accepts {cost:?}, {salt}, {length}", kernel.name);
        }
    }
}

/// `just test` prints it, so that the log of CI shows which kernel its tests ran on.
#[test]
fn the_kernel_of_this_machine_has_a_name() {
    let name = Kernel::fast().name;
    println!("password kernel: {name}");
    assert!(["avx512", "avx2", "sse2", "neon", "scalar"].contains(&name), "{name}");
}
