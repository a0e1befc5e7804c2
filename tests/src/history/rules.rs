//! What the contract promises in a run, and the exceptions.

use std::time::Duration;

use super::call::Call;
use crate::clock::in_time;

/// The rules of a run.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Whether `TOKENS__CONCURRENT_REFRESH` is `share`.
    pub shares: bool,
    /// `TOKENS__REUSE_LEEWAY`
    pub grace: Duration,
    /// `TOKENS__ACCESS_TTL`
    pub access_ttl: Duration,
    /// How long a call may take.
    pub limit: Duration,
    /// The acknowledged writes of these periods may be forgotten: a store without persistence was killed or flushed, or a failover
    /// promoted a replica and no replica was waited for.
    pub forgotten: Vec<Period>,
}

/// A period of a run.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// Its start.
    pub from: Duration,
    /// Its end.
    pub to: Duration,
}

/// The cases in which the contract lets a session, or a revocation, end although the user did not ask. There are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exception {
    /// A rotation or a login was forgotten, see [`Rules::forgotten`]: the refresh token that it issued is rejected, and its session ends.
    ForgottenRotation,
    /// A logout or another end of a session was forgotten: its tokens are accepted again.
    ForgottenEnd,
    /// A rotation or a login was forgotten, and its session ended later: its access token is not known, and is accepted until it expires.
    UnknownAccessToken,
    /// A refresh had no definite answer, and its repeat had no key and came too late for `share`: the token was used.
    UnknownOutcome,
    /// The access token was older than its lifetime.
    Expired,
    /// The session issued so many newer access tokens that the oldest was revoked.
    TooManyAccessTokens,
}

impl Rules {
    /// Returns the default settings, in a run that forgets nothing.
    pub fn new() -> Self {
        Self {
            shares: false,
            grace: Duration::from_secs(10),
            access_ttl: Duration::from_mins(15),
            limit: in_time(Duration::from_millis(5_500)),
            forgotten: Vec::new(),
        }
    }

    /// Returns whether the effect of a call may be forgotten.
    pub(super) fn may_forget(&self, call: &Call) -> bool {
        self.forgotten.iter().any(|period| period.from <= call.end && call.start <= period.to)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}
