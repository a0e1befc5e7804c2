//! The check that a kernel computes Argon2 before it computes the first password hash.

mod mismatch;
mod vectors;

use std::time::Duration;

use auth_domain::model::Event;
use auth_domain::ports::{Check, Clock};
use tracing::error;

use crate::cost::Cost;
use crate::error::HashError;
use crate::kernel::{Input, Kernel};
pub(crate) use mismatch::Mismatch;

/// The memory of the comparison with the reference at the start.
const SMALL_KIB: u32 = 256;
/// How often a hash is measured.
const SAMPLES: usize = 3;

/// A kernel that has passed the check.
pub(crate) struct Checked {
    pub(crate) kernel: Kernel,
    /// The kernel that computed wrong hashes and is not used.
    rejected: Option<&'static str>,
    /// The time of a hash with [`Self::work`] block compressions.
    pub(crate) time: Duration,
    pub(crate) work: u64,
}

impl Checked {
    /// Returns `candidate` if it computes the same as the reference, and otherwise the reference. Computes only small hashes.
    ///
    /// # Errors
    /// [`Mismatch`] if the reference itself is wrong.
    pub(crate) fn select(candidate: Kernel, cost: Cost, clock: &dyn Clock) -> Result<Self, Mismatch> {
        let (reference, small) = (Kernel::PORTABLE, Cost { memory_kib: SMALL_KIB, ..cost });
        vectors::check(reference)?;
        let (kernel, rejected, time) = match check(candidate, small, clock) {
            Ok(time) => (candidate, None, time),
            Err(reason) => {
                let kernel = candidate.name;
                error!(event = Event::PasswordKernelRejected.name(), kernel, %reason, "the kernel computes wrong password hashes on this machine; the portable kernel is used, which is slower");
                (reference, Some(kernel), measure(reference, small, clock)?.0)
            }
        };
        Ok(Self { kernel, rejected, time, work: small.work() })
    }

    /// A kernel without a check, whose small hash took `time`.
    #[cfg(test)]
    pub(crate) const fn unchecked(kernel: Kernel, time: Duration, work: u64) -> Self {
        Self { kernel, rejected: None, time, work }
    }

    /// Compares a hash of each cost with that of the reference, and passes its time and cost to `measured`.
    pub(crate) fn report(
        &self,
        costs: impl IntoIterator<Item = Cost>,
        clock: &dyn Clock,
        measured: impl Fn(Duration, Cost),
    ) -> Check {
        let name = self.kernel.name;
        let compared = costs.into_iter().try_for_each(|cost| {
            measured(compare(self.kernel, cost, clock)?, cost);
            Ok::<_, Mismatch>(())
        });
        match (self.rejected, compared) {
            (Some(rejected), _) => Check::error(format!(
                "the kernel `{rejected}` computes wrong password hashes on this machine, so the portable one is used, which is \
                 slower; set PASSWORD__KERNEL=portable, and report the model of the processor"
            )),
            (None, Ok(())) => {
                Check::ok(format!("the kernel `{name}` computes the same password hashes as the reference"))
            }
            (None, Err(reason)) => Check::error(format!(
                "the kernel `{name}` cannot be used: {reason}; set PASSWORD__KERNEL=portable, or lower PASSWORD__MEMORY_KIB if \
                 there is not enough memory"
            )),
        }
    }
}

fn check(kernel: Kernel, cost: Cost, clock: &dyn Clock) -> Result<Duration, Mismatch> {
    vectors::check(kernel)?;
    compare(kernel, cost, clock)
}

/// Compares a hash with that of the reference, and returns its time.
fn compare(kernel: Kernel, cost: Cost, clock: &dyn Clock) -> Result<Duration, Mismatch> {
    let (time, own) = measure(kernel, cost, clock)?;
    let mut expected = [0; 32];
    (Kernel::PORTABLE.blocks)().hash(&sample(cost), &mut expected)?;
    let Cost { memory_kib, iterations, parallelism } = cost;
    if own == expected { Ok(time) } else { Err(Mismatch::Reference(memory_kib, iterations, parallelism)) }
}

/// Returns the time of a hash in memory that is already allocated, and the hash.
///
/// The time is the shortest of some: another program may run meanwhile, and the estimate from it decides whether the first logins
/// are admitted.
fn measure(kernel: Kernel, cost: Cost, clock: &dyn Clock) -> Result<(Duration, [u8; 32]), HashError> {
    let (mut blocks, mut output) = ((kernel.blocks)(), [0; 32]);
    // The first hash allocates the memory.
    blocks.hash(&sample(cost), &mut output)?;
    let mut shortest = Duration::MAX;
    for _ in 0..SAMPLES {
        let started = clock.instant();
        blocks.hash(&sample(cost), &mut output)?;
        shortest = shortest.min(clock.instant().saturating_duration_since(started));
    }
    Ok((shortest, output))
}

const fn sample(cost: Cost) -> Input<'static> {
    Input::stored(cost, b"a password of the self-check", b"its salt")
}

#[cfg(test)]
mod tests;
