//! The times of hashes of other programs, for the estimate until the first login.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::HashFormat;
use auth_domain::ports::Clock;

use crate::algorithms::{BcryptCost, Digest, HashCost, Pbkdf2Cost, ScryptCost};
use crate::config::Argon2Config;
use crate::formats::SALT_BYTES;
use crate::kernel::Kernel;
use crate::memory::Memory;

/// How often a hash is measured. The shortest time counts, because another program may run meanwhile.
const SAMPLES: usize = 3;

/// Measures a small hash of each algorithm in the accepted formats, each in about a millisecond.
pub(crate) fn measure_other_formats(
    config: &Argon2Config,
    kernel: Kernel,
    clock: &Arc<dyn Clock>,
) -> Vec<(HashCost, Duration)> {
    let mut memory = Memory::new(kernel, Arc::clone(clock));
    let costs = small_costs().into_iter().flatten();
    let accepted = costs.filter(|(format, _)| config.accepts(*format));
    accepted.filter_map(|(_, cost)| Some((cost, shortest_time(cost, &mut memory)?))).collect()
}

/// Returns `None` if a hash fails. Then the first login is measured.
fn shortest_time(cost: HashCost, memory: &mut Memory) -> Option<Duration> {
    let mut time = || {
        memory.prepare(0).ok()?;
        memory.hash(cost, b"password", &[0; SALT_BYTES], 16).ok()?;
        Some(memory.spent().get(cost.algorithm()).time)
    };
    (0..SAMPLES).map_while(|_| time()).min()
}

fn small_costs() -> [Option<(HashFormat, HashCost)>; 4] {
    let pbkdf2 = |digest| {
        let cost = Pbkdf2Cost::new(digest, 1_000)?;
        Some((HashFormat::Pbkdf2, HashCost::Pbkdf2(cost)))
    };
    [
        BcryptCost::new(5).map(|cost| (HashFormat::Bcrypt, HashCost::Bcrypt(cost))),
        pbkdf2(Digest::Sha256),
        pbkdf2(Digest::Sha512),
        ScryptCost::new(10, 8, 1).map(|cost| (HashFormat::Scrypt, HashCost::Scrypt(cost))),
    ]
}
