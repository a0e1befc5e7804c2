//! The Lua scripts and the rules of the domain are equal: generated sequences of calls, with moving time, run on both.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::env;

use async_trait::async_trait;
use auth_adapter_redis::{RedisDenylist, RedisLoginLimiter, RedisSessionStore, RedisStore};
use auth_domain::model::attempt_window::LimitRecords;
use auth_domain::model::{
    EndReason, LimitKey, LiveAccessToken, LoginAttempt, RefreshMinute, RetryTag, SealedSuccessor,
    SessionRecord, SessionRef, SessionState, TokenId, UserId, from_unix_microseconds,
};
use auth_domain::ports::{Denylist, LoginLimiter, SessionStore};
use auth_testkit::START;
use auth_testkit::generated::{
    AttemptSubject, GENERATED_LIMITS, SessionSubject, compare_attempts, compare_sessions,
};
use auth_testkit::servers::RedisServer;
use redis::aio::MultiplexedConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::stored_limits;
use crate::support::{Ports, REVOCATION};

/// The number of sequences: all with `SOAK` in the environment.
fn sequences() -> u32 {
    if env::var_os("SOAK").is_some() { 100_000 } else { 1_000 }
}

struct Subject {
    sessions: RedisSessionStore,
    denylist: RedisDenylist,
    limiter: RedisLoginLimiter,
    /// Reads what is stored, not through the adapter.
    connection: MultiplexedConnection,
}

impl Subject {
    async fn on(server: &RedisServer) -> Self {
        let store: RedisStore = Ports::on(server).store;
        let client = redis::Client::open(server.url()).unwrap();
        Self {
            sessions: RedisSessionStore::new(&store, REVOCATION),
            denylist: RedisDenylist::new(&store, REVOCATION),
            limiter: RedisLoginLimiter::new(&store, GENERATED_LIMITS),
            connection: client.get_multiplexed_async_connection().await.unwrap(),
        }
    }
}

#[async_trait]
impl SessionSubject for Subject {
    fn sessions(&self) -> &dyn SessionStore {
        &self.sessions
    }

    fn denylist(&self) -> &dyn Denylist {
        &self.denylist
    }

    async fn record(&self, session: SessionRef) -> Option<SessionRecord> {
        let name = format!("auth:session:{{{}}}:{}", session.user_id, session.session_id);
        let mut read = redis::cmd("HGETALL");
        read.arg(name);
        let fields: Vec<(Vec<u8>, Vec<u8>)> = read.query_async(&mut self.connection.clone()).await.unwrap();
        (!fields.is_empty()).then(|| Fields(fields).record())
    }

    async fn user_minute(&self, user_id: UserId) -> Option<RefreshMinute> {
        let mut read = redis::cmd("GET");
        read.arg(format!("auth:refreshes:{{{user_id}}}"));
        let stored: Option<String> = read.query_async(&mut self.connection.clone()).await.unwrap();
        let stored = stored?;
        let (started_at, refreshes) = stored.split_once(' ').unwrap();
        Some(RefreshMinute { started_at: started_at.parse().unwrap(), refreshes: refreshes.parse().unwrap() })
    }

    /// Access tokens expire at whole seconds, so that a sequence can reach the exact instant.
    fn start(&self) -> OffsetDateTime {
        START.replace_microsecond(0).unwrap()
    }
}

#[async_trait]
impl AttemptSubject for Subject {
    fn limiter(&self) -> &dyn LoginLimiter {
        &self.limiter
    }

    async fn records(&self, attempt: &LoginAttempt) -> LimitRecords {
        stored_limits::read(&mut self.connection.clone(), attempt).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn session_scripts_equal_the_session_rules() {
    let server = RedisServer::start();
    compare_sessions(sequences(), &Subject::on(&server).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempt_scripts_equal_the_attempt_window() {
    let server = RedisServer::start();
    compare_attempts(sequences(), &Subject::on(&server).await).await;
}

/// The fields of a stored session, in the order of the hash.
struct Fields(Vec<(Vec<u8>, Vec<u8>)>);

impl Fields {
    fn record(&self) -> SessionRecord {
        assert_eq!(self.number("v"), 1, "the format");
        SessionRecord {
            tenant_id: self.text("tenant").unwrap().parse().unwrap(),
            created_at: self.number("created"),
            rotated_at: self.number("rotated"),
            expires_at: self.number("expires"),
            ends_at: self.number("ends"),
            current: digest(&self.text("current").unwrap()),
            previous: self.text("previous").map(|previous| digest(&previous)),
            generation: self.number("generation").try_into().unwrap(),
            retry: self.retry(),
            retries: self.bytes("retries").map_or(0, |retries| number(&retries).try_into().unwrap()),
            minute: self.bytes("minute").map(|started_at| RefreshMinute {
                started_at: number(&started_at),
                refreshes: self.number("refreshes").try_into().unwrap(),
            }),
            rotated_from: self
                .bytes("from")
                .filter(|address| !address.is_empty())
                .map(|address| LimitKey::from_bytes(address.try_into().unwrap())),
            live_tokens: self.live_tokens(),
            state: self.state(),
        }
    }

    fn retry(&self) -> Option<SealedSuccessor> {
        let tag = self.bytes("replay_tag")?;
        let tag = (tag != b"-").then(|| RetryTag::from_bytes(tag.try_into().unwrap()));
        let sealed = [self.bytes("replay").unwrap(), self.bytes("replay_rest").unwrap()].concat();
        Some(SealedSuccessor { tag, sealed })
    }

    fn live_tokens(&self) -> Vec<LiveAccessToken> {
        let tokens = self.0.iter().filter(|(name, _)| name.len() == 17 && name.first() == Some(&b't'));
        let token = |(name, expiry): &(Vec<u8>, Vec<u8>)| LiveAccessToken {
            id: TokenId::from_uuid(Uuid::from_slice(&name[1..]).unwrap()),
            expires_at: from_unix_microseconds(number(expiry)).unwrap(),
        };
        tokens.map(token).collect()
    }

    fn state(&self) -> SessionState {
        let Some(at) = self.bytes("ended").map(|at| number(&at)) else { return SessionState::Live };
        let reason = EndReason::from_name(&self.text("reason").unwrap()).unwrap();
        if self.bytes("pending").is_some() {
            SessionState::Pending { at, reason }
        } else {
            SessionState::Ended { at, reason }
        }
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.0.iter().find(|(field, _)| field == name.as_bytes()).map(|(_, value)| value.clone())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|value| String::from_utf8(value).unwrap())
    }

    fn number(&self, name: &str) -> i64 {
        number(&self.bytes(name).unwrap_or_else(|| panic!("no field {name}")))
    }
}

fn number(value: &[u8]) -> i64 {
    std::str::from_utf8(value).unwrap().parse().unwrap()
}

fn digest(hex: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}
