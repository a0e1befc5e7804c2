//! The watch over the clock of the machine, which outlives the process.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_domain::model::{from_microseconds, to_microseconds, to_unix_microseconds};
use auth_domain::ports::Clock;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SqliteConnection, replace_into};

use crate::clock_jumps::{ClockJumps, Distrust, Jump};
use crate::error::StoreError;
use crate::schema::clock_watch;

/// The jumps of the clock, for all callers of a process.
pub(crate) struct ClockWatch {
    clock: Arc<dyn Clock>,
    jumps: Mutex<ClockJumps>,
}

/// What the next process needs: the time of a sample, the jumps until then, and the time until which the clock is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sampled {
    pub(crate) seen_at: i64,
    pub(crate) jumps: Vec<Jump>,
    pub(crate) behind_until: Option<i64>,
}

impl ClockWatch {
    pub(crate) fn new(clock: Arc<dyn Clock>, distrust: Distrust, former: Option<Sampled>) -> Self {
        let mut jumps = ClockJumps::new(distrust, clock.instant(), to_unix_microseconds(clock.now()));
        if let Some(former) = former {
            jumps.restore(former.seen_at, former.jumps, former.behind_until);
        }
        Self { clock, jumps: Mutex::new(jumps) }
    }

    /// Takes a sample, and returns what `look` finds.
    pub(crate) fn sample<T>(&self, look: impl FnOnce(&ClockJumps) -> T) -> T {
        let mut jumps = self.jumps.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock: a sample must not be older than the one before.
        jumps.sample(self.clock.instant(), to_unix_microseconds(self.clock.now()));
        look(&jumps)
    }
}

/// What the former process has saved; `None` if there was none.
pub(crate) fn load(connection: &mut SqliteConnection) -> Result<Option<Sampled>, StoreError> {
    let row: Option<(i64, Vec<u8>, Option<i64>)> = clock_watch::table
        .find(0)
        .select((clock_watch::seen_at, clock_watch::jumps, clock_watch::behind_until))
        .get_result(connection)
        .optional()?;
    let Some((seen_at, bytes, behind_until)) = row else { return Ok(None) };
    let (jumps, _) = bytes.as_chunks::<16>();
    let jumps = jumps.iter().copied().map(unpack).collect();
    Ok(Some(Sampled { seen_at, jumps, behind_until }))
}

/// Saves a sample for the next process.
pub(crate) fn save(connection: &mut SqliteConnection, sampled: &Sampled) -> Result<(), StoreError> {
    let jumps: Vec<u8> = sampled.jumps.iter().copied().flat_map(pack).collect();
    let times =
        (clock_watch::seen_at.eq(sampled.seen_at), clock_watch::behind_until.eq(sampled.behind_until));
    let row = (clock_watch::id.eq(0), times, clock_watch::jumps.eq(jumps));
    replace_into(clock_watch::table).values(row).execute(connection)?;
    Ok(())
}

fn pack(jump: Jump) -> [u8; 16] {
    let by = u128::from(jump.by.unsigned_abs()) << 64;
    (by | u128::from(to_microseconds(jump.rest).unsigned_abs())).to_be_bytes()
}

fn unpack(bytes: [u8; 16]) -> Jump {
    let number = |bits: u128| i64::try_from(bits & u128::from(u64::MAX)).unwrap_or(i64::MAX);
    let both = u128::from_be_bytes(bytes);
    let rest: Duration = from_microseconds(number(both));
    Jump { by: number(both >> 64), rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_has_sixteen_bytes() {
        let jump = Jump { by: 31_536_000_000_000, rest: Duration::from_hours(720) };
        assert_eq!(unpack(pack(jump)), jump);
        let bytes = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2];
        assert_eq!(pack(Jump { by: 1, rest: Duration::from_micros(2) }), bytes);
    }
}
