//! One entry of the denylist cache.

use std::time::Duration;

pub(super) const NANOSECONDS_IN_SECOND: u32 = 1_000_000_000;
const TENTHS_IN_SECOND: u32 = 10;
/// The time of an entry that never expires.
pub(super) const NEVER: u32 = u32::MAX;
/// Within this time before the end of an entry, an invalidation may report either its end or another write.
const ENDING: Duration = Duration::from_secs(5);

/// The remaining lifetime of an entry in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    Left(Duration),
    Endless,
    /// Redis has no such entry.
    Gone,
}

/// A revoked token.
#[derive(Clone, Copy)]
pub(super) struct CachedEntry {
    /// In tenths of a second since the origin of the cache, which keeps the entry small.
    pub(super) expires_at: u32,
    /// Redis must still be asked for the lifetime. Until then the token is revoked whatever `expires_at` is.
    pub(super) is_provisional: bool,
}

impl Lifetime {
    /// Reads the reply to `PTTL`.
    pub(crate) fn from_pttl(milliseconds: i64) -> Self {
        match milliseconds {
            -1 => Self::Endless,
            left => u64::try_from(left).map_or(Self::Gone, |left| Self::Left(Duration::from_millis(left))),
        }
    }
}

impl CachedEntry {
    pub(super) const fn is_expired(self, now: u32) -> bool {
        !self.is_provisional && self.expires_at < now
    }

    /// Returns whether an invalidation may report the end of the entry.
    fn is_ending(self, now: u32) -> bool {
        self.expires_at < now.saturating_add(tenths(ENDING))
    }

    /// Returns the entry after an invalidation of its key.
    pub(super) fn invalidated(self, now: u32, provisional: Self) -> Self {
        if self.is_provisional {
            // The second invalidation before Redis was asked: perhaps the end, and another write.
            provisional
        } else if self.is_expired(now) {
            Self { expires_at: now.saturating_sub(1), is_provisional: true }
        } else {
            Self { is_provisional: self.is_ending(now), ..self }
        }
    }

    /// Returns the entry with the lifetime that Redis reports; `learned` is the time that results from it.
    pub(super) fn with_lifetime(self, lifetime: Lifetime, learned: u32, now: u32) -> Self {
        let expires_at = match lifetime {
            Lifetime::Gone if self.is_provisional && !self.is_ending(now) => learned,
            Lifetime::Gone => self.expires_at,
            Lifetime::Left(_) | Lifetime::Endless if self.is_provisional => learned,
            Lifetime::Left(_) | Lifetime::Endless => learned.max(self.expires_at),
        };
        Self { expires_at, is_provisional: false }
    }
}

/// Converts a duration to tenths of a second, rounded down.
pub(super) fn tenths(duration: Duration) -> u32 {
    let fraction = duration.subsec_nanos() / (NANOSECONDS_IN_SECOND / TENTHS_IN_SECOND);
    let tenths = duration.as_secs().saturating_mul(TENTHS_IN_SECOND.into()).saturating_add(fraction.into());
    u32::try_from(tenths).unwrap_or(NEVER)
}
