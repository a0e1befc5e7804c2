//! Generation and shrinking of values for asynchronous tests.

use std::fmt::Debug;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// The maximum number of attempts to shrink a failing value.
const MAX_SHRINKS: usize = 2_000;

/// Runs `test` on `cases` generated values; panics with the smallest failing value.
pub(super) async fn check<S>(cases: u32, strategy: S, test: impl AsyncFn(S::Value) -> Result<(), String>)
where
    S: Strategy<Value: Clone + Debug>,
{
    let mut runner = TestRunner::default();
    for case in 1..=cases {
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        let Err(mut error) = test(tree.current()).await else { continue };
        let mut smallest = tree.current();
        let mut may_shrink = tree.simplify();
        for _ in 0..MAX_SHRINKS {
            if !may_shrink {
                break;
            }
            let value = tree.current();
            may_shrink = match test(value.clone()).await {
                Err(again) => {
                    (smallest, error) = (value, again);
                    tree.simplify()
                }
                Ok(()) => tree.complicate(),
            };
        }
        panic!("sequence {case} of {cases}: {error}\nthe shortest sequence that fails: {smallest:#?}");
    }
}
