//! `tokens`: the store of tokens, and the lifetimes of tokens and sessions.

use std::time::Duration;

use auth_domain::model::{ConcurrentRefresh, RefreshLimits, SessionPolicy};

use super::reader::Reader;
use super::redis;
use super::server::RedisSettings;
use super::{choices, durations, numbers};

/// The longest grace period. Within it, the reuse of a stolen token is not detected, so it must only cover requests that race.
const LONGEST_REUSE_LEEWAY: Duration = Duration::from_mins(1);
/// The shortest time that a denylist entry outlives its token. It is longer than the 5 seconds for which this service accepts an
/// expired token, so that no revoked token is valid again.
const SHORTEST_MARGIN: Duration = Duration::from_secs(6);
/// The largest limit of sessions per user.
const MAX_SESSIONS: u32 = 1_000_000;

/// `tokens`
#[derive(Debug)]
pub(crate) struct TokensSettings {
    pub(crate) backend: TokensBackend,
    /// How protected endpoints read the denylist.
    pub(crate) verification: Verification,
    /// The format of session records in Redis.
    pub(crate) record_format: RecordFormat,
    /// The lifetimes of tokens and sessions.
    pub(crate) sessions: SessionPolicy,
    /// How long a denylist entry outlives its access token.
    pub(crate) denylist_margin: Duration,
}

/// `tokens.backend`: the store of sessions, revoked access tokens and failed logins.
#[derive(Debug)]
pub(crate) enum TokensBackend {
    /// The embedded store, in the data directory.
    Embedded,
    /// Redis, which several instances can share.
    Redis(RedisSettings),
}

/// `tokens.verification`: how protected endpoints find out whether an access token is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    /// Each request reads the denylist in the store.
    Strict,
    /// Each request reads the denylist cache of this process.
    Cached,
}

/// `tokens.record_format`: the format that session records are written in. Every format is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordFormat {
    /// The format of the release before.
    One,
    /// The format that takes less memory and time.
    Two,
}

impl TokensSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let backend = TokensBackend::read(reader);
        let verification = Verification::read(reader, backend.as_ref());
        let record_format = reader.read("tokens.record_format", |text| {
            choices::choice(text, &[("1", RecordFormat::One), ("2", RecordFormat::Two)])
        });
        let sessions = session_policy(reader);
        let denylist_margin =
            reader.read("tokens.denylist_margin", |text| durations::at_least(text, SHORTEST_MARGIN));
        Some(Self {
            backend: backend?,
            verification: verification?,
            record_format: record_format?,
            sessions: sessions?,
            denylist_margin: denylist_margin?,
        })
    }
}

impl TokensBackend {
    fn read(reader: &mut Reader) -> Option<Self> {
        let is_redis = reader
            .read("tokens.backend", |text| choices::choice(text, &[("embedded", false), ("redis", true)]));
        let redis = redis::read(reader, is_redis);
        if is_redis? { redis.map(Self::Redis) } else { Some(Self::Embedded) }
    }
}

impl Verification {
    /// Takes the setting, and compares it with the store of tokens if that is known.
    fn read(reader: &mut Reader, backend: Option<&TokensBackend>) -> Option<Self> {
        let mode = reader.read("tokens.verification", |text| {
            choices::choice(text, &[("strict", Self::Strict), ("cached", Self::Cached)])
        })?;
        if let (Self::Cached, Some(TokensBackend::Embedded)) = (mode, backend) {
            reader.add_problem_of(
                "tokens.verification",
                "the embedded store has no denylist cache; remove the setting, or set TOKENS__BACKEND to redis",
            );
        }
        Some(mode)
    }
}

fn session_policy(reader: &mut Reader) -> Option<SessionPolicy> {
    let access_ttl = reader.read("tokens.access_ttl", durations::whole_seconds);
    let refresh_ttl = reader.read("tokens.refresh_ttl", durations::lifetime);
    let session_ttl = reader.read("tokens.session_ttl", durations::lifetime);
    let reuse_leeway =
        reader.read("tokens.reuse_leeway", |text| durations::at_most(text, LONGEST_REUSE_LEEWAY));
    let max_sessions = reader.read("tokens.max_sessions", |text| numbers::within(text, &(1..=MAX_SESSIONS)));
    let concurrent_refresh = reader.read("tokens.concurrent_refresh", |text| {
        choices::choice(text, &[("reject", ConcurrentRefresh::Reject), ("share", ConcurrentRefresh::Share)])
    });
    let per_session = reader.read("tokens.refreshes_per_minute", numbers::limit);
    let per_user = reader.read("tokens.refreshes_per_minute_per_user", numbers::limit);
    let policy = SessionPolicy {
        access_ttl: access_ttl?,
        refresh_ttl: refresh_ttl?,
        session_ttl: session_ttl?,
        reuse_leeway: reuse_leeway?,
        max_sessions: max_sessions?,
        concurrent_refresh: concurrent_refresh?,
        refresh_limits: RefreshLimits { per_session: per_session?, per_user: per_user? },
    };
    if policy.concurrent_refresh == ConcurrentRefresh::Share && policy.reuse_leeway.is_zero() {
        reader.add_problem_of(
            "tokens.concurrent_refresh",
            "share has no effect without a grace period; write reject, or set TOKENS__REUSE_LEEWAY, for example to 10s",
        );
    }
    if policy.access_ttl > policy.refresh_ttl || policy.refresh_ttl > policy.session_ttl {
        reader.add_problem(
            "TOKENS__ACCESS_TTL, TOKENS__REFRESH_TTL and TOKENS__SESSION_TTL: no lifetime may be longer than the next one",
        );
    }
    Some(policy)
}
