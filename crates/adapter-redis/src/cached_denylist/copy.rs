//! The entries, and until when they may be trusted.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auth_domain::model::TokenId;
use dashmap::{DashMap, Entry};

use super::RedisCachedDenylist;

/// Times are counted in these from the start, so that an entry takes 20 bytes.
const TICK: Duration = Duration::from_millis(100);
/// Marks a time that is a guess, until Redis was asked for the entry's lifetime. The other bits count for six years.
const GUESS: u32 = 1 << 31;
const FOREVER: u32 = GUESS - 1;
/// How long an entry is kept whose lifetime Redis could not be asked for: longer than access tokens live.
const UNKNOWN_LIFE: Duration = Duration::from_hours(24);
/// How long an entry is kept that was gone when Redis was asked: its time was over, or somebody removed it.
const GONE_LIFE: Duration = Duration::from_mins(1);
/// How long an entry is kept after its end: Redis tells of the end too, and must not be asked for its lifetime then.
const SWEEP_GRACE: Duration = Duration::from_mins(5);
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
pub(crate) struct Copy {
    origin: Instant,
    /// When the last `PING` that was answered was sent, in nanoseconds after the origin; none where it is zero.
    confirmed: AtomicU64,
    entries: DashMap<[u8; 16], u32, foldhash::fast::RandomState>,
    asked: AtomicU64,
    observer: OnceLock<Observer>,
}

impl Copy {
    /// Is empty, and not to be trusted yet.
    pub(crate) fn new(origin: Instant) -> Self {
        Self {
            origin,
            confirmed: AtomicU64::new(0),
            entries: DashMap::with_hasher_and_shard_amount(foldhash::fast::RandomState::default(), SHARDS),
            asked: AtomicU64::new(0),
            observer: OnceLock::new(),
        }
    }

    /// Tells whether the copy may answer at `now`.
    pub(crate) fn is_current(&self, now: Instant) -> bool {
        let confirmed = self.confirmed.load(Ordering::Acquire);
        let age = self.nanos(now).saturating_sub(confirmed);
        confirmed != 0 && Duration::from_nanos(age) <= RedisCachedDenylist::LEASE
    }

    /// Tells whether a token is revoked, as far as is known here at `now`.
    pub(crate) fn holds(&self, id: TokenId, now: Instant) -> bool {
        let until = self.entries.get(id.as_bytes()).map(|entry| *entry & !GUESS);
        until.is_some_and(|until| until >= self.ticks(now))
    }

    /// Trusts the copy: a `PING` that was sent at `sent` was answered just now, at `received`.
    pub(crate) fn confirm(&self, sent: Instant, received: Instant) {
        self.confirmed.store(self.nanos(sent).max(1), Ordering::Release);
        if let Some(observer) = self.observer.get() {
            observer(received.saturating_duration_since(sent));
        }
    }

    /// Trusts the copy no more.
    pub(crate) fn distrust(&self) {
        self.confirmed.store(0, Ordering::Release);
    }

    /// Takes a token for revoked whose lifetime in the denylist is still to be asked for.
    pub(crate) fn suspect(&self, id: TokenId, now: Instant) {
        let guess = self.end(now, UNKNOWN_LIFE) | GUESS;
        self.entries.entry(*id.as_bytes()).or_insert(guess);
    }

    /// Takes a token for revoked, for as long as Redis keeps its entry.
    pub(crate) fn learn(&self, id: TokenId, life: Life, now: Instant) {
        let until = match life {
            Life::Left(left) => self.end(now, left),
            Life::Endless => FOREVER,
            Life::Gone => self.end(now, GONE_LIFE),
        };
        match self.entries.entry(*id.as_bytes()) {
            Entry::Occupied(mut known) if known.get() & GUESS != 0 => {
                known.insert(until);
            }
            Entry::Occupied(mut known) if life != Life::Gone => {
                let later = until.max(*known.get());
                known.insert(later);
            }
            Entry::Vacant(unknown) if life != Life::Gone => {
                unknown.insert(until);
            }
            Entry::Occupied(_) | Entry::Vacant(_) => {}
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
        u64::try_from(instant.saturating_duration_since(self.origin).as_nanos()).unwrap_or(u64::MAX)
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

fn ticks_in(span: Duration) -> u32 {
    u32::try_from(span.as_millis() / TICK.as_millis()).unwrap_or(FOREVER).min(FOREVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[expect(clippy::disallowed_methods, reason = "an `Instant` cannot be made up, only read or moved")]
    fn copy() -> (Copy, Instant) {
        let origin = Instant::now();
        (Copy::new(origin), origin + SECOND)
    }

    fn token(number: u8) -> TokenId {
        TokenId::from_uuid(uuid::Uuid::from_bytes([number; 16]))
    }

    #[test]
    fn a_copy_is_current_for_the_lease_after_the_ping_that_was_answered() {
        let (copy, now) = copy();
        assert!(!copy.is_current(now), "nothing was confirmed yet");
        copy.confirm(now, now + SECOND);
        assert!(copy.is_current(now) && copy.is_current(now + RedisCachedDenylist::LEASE));
        assert!(!copy.is_current(now + RedisCachedDenylist::LEASE + Duration::from_millis(1)));
        copy.distrust();
        assert!(!copy.is_current(now));
    }

    #[test]
    fn an_entry_is_held_for_its_life_and_forgotten_some_time_after() {
        let (copy, now) = copy();
        copy.learn(token(1), Life::Left(10 * SECOND), now);
        assert!(copy.holds(token(1), now + 10 * SECOND) && !copy.holds(token(2), now));
        assert!(!copy.holds(token(1), now + 10 * SECOND + 2 * TICK));
        copy.sweep(now + 11 * SECOND);
        assert_eq!(copy.len(), 1, "Redis may not have told of the end yet");
        copy.sweep(now + 11 * SECOND + SWEEP_GRACE);
        assert_eq!(copy.len(), 0);
    }

    #[test]
    fn what_is_told_of_is_held_before_its_lifetime_is_known() {
        let (copy, now) = copy();
        copy.suspect(token(1), now);
        assert!(copy.holds(token(1), now + UNKNOWN_LIFE));
        copy.learn(token(1), Life::Left(SECOND), now);
        assert!(copy.holds(token(1), now + SECOND) && !copy.holds(token(1), now + 2 * SECOND));
    }

    #[test]
    fn no_entry_is_shortened_or_lost_by_what_is_read_later() {
        let (copy, now) = copy();
        copy.learn(token(1), Life::Left(10 * SECOND), now);
        for later in [Life::Left(SECOND), Life::Gone] {
            copy.learn(token(1), later, now);
            copy.suspect(token(1), now);
            assert!(copy.holds(token(1), now + 10 * SECOND), "{later:?}");
        }
        copy.learn(token(1), Life::Left(20 * SECOND), now);
        assert!(copy.holds(token(1), now + 20 * SECOND));
        copy.learn(token(1), Life::Endless, now);
        copy.sweep(now + 1_000 * UNKNOWN_LIFE);
        assert!(copy.holds(token(1), now + 1_000 * UNKNOWN_LIFE));
    }

    #[test]
    fn what_was_gone_when_asked_for_is_held_for_a_moment_only() {
        let (copy, now) = copy();
        copy.suspect(token(1), now);
        copy.learn(token(1), Life::Gone, now);
        assert!(copy.holds(token(1), now) && !copy.holds(token(1), now + 2 * GONE_LIFE));
        copy.learn(token(2), Life::Gone, now);
        assert!(!copy.holds(token(2), now));
    }

    #[test]
    fn whoever_looks_after_the_copy_learns_how_long_signs_of_life_take() {
        let (copy, now) = copy();
        let (sender, receiver) = std::sync::mpsc::channel();
        copy.observe(Box::new(move |took| sender.send(took).unwrap()));
        copy.confirm(now, now + SECOND);
        assert_eq!(receiver.recv(), Ok(SECOND));
    }
}
