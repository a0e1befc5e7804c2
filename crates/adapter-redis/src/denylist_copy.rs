//! What a process keeps of the denylist: the entries, and until when they may be trusted.

mod lease;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auth_domain::model::TokenId;
use dashmap::{DashMap, Entry};

use lease::Lease;
pub(crate) use lease::{LEASE, Moment};

/// Times are counted in these from the start, so that an entry takes 20 bytes.
const TICKS_IN_SECOND: u32 = 10;
const NANOS_IN_SECOND: u32 = 1_000_000_000;
/// Marks an entry that is held whatever its time, until Redis was asked for that. The other bits count for six years.
const GUESS: u32 = 1 << 31;
const FOREVER: u32 = GUESS - 1;
/// How long an entry is kept whose lifetime Redis could not be asked for: longer than access tokens live.
const UNKNOWN_LIFE: Duration = Duration::from_hours(24);
/// How long an entry is kept after its end: Redis tells of the end too, and must not be asked for its lifetime then.
const SWEEP_GRACE: Duration = Duration::from_mins(5);
/// So near to its end, an entry may be told of for that, or be written again.
const END: Duration = Duration::from_secs(5);
/// Readers of one part never wait for a sweep of another.
const SHARDS: usize = 64;

type Observer = Box<dyn Fn(Duration) + Send + Sync>;

/// What is left of an entry's life, as Redis says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// So long.
    Left(Duration),
    /// It has no end.
    Endless,
    /// There is no such entry.
    Gone,
}

/// The copy of the denylist. Entries are added and prolonged, never removed before their time.
pub(crate) struct DenylistCopy {
    origin: Instant,
    /// How long an entry is kept that was gone when Redis was asked: its time was over, or somebody removed it.
    gone_life: Duration,
    lease: Lease,
    entries: DashMap<[u8; 16], u32, foldhash::fast::RandomState>,
    asked: AtomicU64,
    observer: OnceLock<Observer>,
}

impl Life {
    /// Reads the reply to `PTTL`.
    pub(crate) fn of(millis: i64) -> Self {
        match millis {
            -1 => Self::Endless,
            left => u64::try_from(left).map_or(Self::Gone, |left| Self::Left(Duration::from_millis(left))),
        }
    }
}

impl DenylistCopy {
    /// Is empty, and not to be trusted yet.
    pub(crate) fn new(origin: Instant, gone_life: Duration) -> Self {
        Self {
            origin,
            gone_life,
            lease: Lease::default(),
            entries: DashMap::with_hasher_and_shard_amount(foldhash::fast::RandomState::default(), SHARDS),
            asked: AtomicU64::new(0),
            observer: OnceLock::new(),
        }
    }

    /// Tells whether the copy may answer at `now`.
    pub(crate) fn is_current(&self, now: Moment) -> bool {
        self.lease.holds(self.nanos(now.instant), now.unix_millis)
    }

    /// Tells whether a token is revoked, as far as is known here at `now`.
    pub(crate) fn holds(&self, id: TokenId, now: Instant) -> bool {
        let until = self.entries.get(id.as_bytes()).map(|entry| *entry);
        until.is_some_and(|until| until & GUESS != 0 || until >= self.ticks(now))
    }

    /// Trusts the copy: a `PING` that was sent at `sent` was answered just now, at `received`. Tells whether it does: nothing
    /// counts on a connection that `is_lost`.
    pub(crate) fn confirm(&self, is_lost: &AtomicBool, sent: Moment, received: Instant) -> bool {
        let is_trusted = self.lease.begin(is_lost, self.nanos(sent.instant), sent.unix_millis);
        if let Some(observer) = self.observer.get() {
            observer(received.saturating_duration_since(sent.instant));
        }
        is_trusted
    }

    /// Trusts the copy no more.
    pub(crate) fn distrust(&self) {
        self.lease.end();
    }

    /// Takes a token for revoked whose lifetime in the denylist is still to be asked for.
    pub(crate) fn suspect(&self, id: TokenId, now: Instant) {
        let (guess, now) = (self.end(now, UNKNOWN_LIFE) | GUESS, self.ticks(now));
        let entry = self.entries.entry(*id.as_bytes());
        let known = entry.and_modify(|until| {
            if *until & GUESS != 0 {
                // Told of twice before Redis was asked: an end, perhaps, and then another write.
                *until = guess;
            } else if *until < now {
                *until = now.saturating_sub(1) | GUESS;
            } else if is_ending(*until, now) {
                *until |= GUESS;
            }
        });
        known.or_insert(guess);
    }

    /// Takes a token for revoked, for as long as Redis keeps its entry.
    pub(crate) fn learn(&self, id: TokenId, life: Life, now: Instant) {
        let until = match life {
            Life::Left(left) => self.end(now, left),
            Life::Endless => FOREVER,
            Life::Gone => self.end(now, self.gone_life),
        };
        match self.entries.entry(*id.as_bytes()) {
            Entry::Occupied(mut known) => {
                let is_guess = known.get() & GUESS != 0;
                let before = known.get() & !GUESS;
                let is_ending = is_ending(before, self.ticks(now));
                known.insert(match (life, is_guess) {
                    (Life::Gone, true) if !is_ending => until,
                    (Life::Gone, _) => before,
                    (Life::Left(_) | Life::Endless, true) => until,
                    (Life::Left(_) | Life::Endless, false) => until.max(before),
                });
            }
            Entry::Vacant(unknown) if life != Life::Gone => {
                unknown.insert(until);
            }
            Entry::Vacant(_) => {}
        }
    }

    /// Forgets what is over.
    pub(crate) fn sweep(&self, now: Instant) {
        let grace = ticks_in(SWEEP_GRACE);
        let oldest = self.ticks(now).saturating_sub(grace);
        self.entries.retain(|_, until| *until & !GUESS >= oldest);
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn count_asked(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn observe(&self, observer: Observer) {
        drop(self.observer.set(observer));
    }

    fn nanos(&self, instant: Instant) -> u64 {
        let age = instant.saturating_duration_since(self.origin);
        age.as_secs().saturating_mul(NANOS_IN_SECOND.into()).saturating_add(age.subsec_nanos().into())
    }

    /// The tick that `instant` lies in.
    fn ticks(&self, instant: Instant) -> u32 {
        ticks_in(instant.saturating_duration_since(self.origin))
    }

    /// The last tick of something that lives for `life` from `now`.
    fn end(&self, now: Instant, life: Duration) -> u32 {
        ticks_in(now.saturating_duration_since(self.origin).saturating_add(life))
    }
}

/// Tells whether a notice about an entry may be that of its end.
fn is_ending(until: u32, now: u32) -> bool {
    until < now.saturating_add(ticks_in(END))
}

fn ticks_in(span: Duration) -> u32 {
    let within = span.subsec_nanos() / (NANOS_IN_SECOND / TICKS_IN_SECOND);
    let ticks = span.as_secs().saturating_mul(TICKS_IN_SECOND.into()).saturating_add(within.into());
    u32::try_from(ticks).unwrap_or(FOREVER).min(FOREVER)
}
