//! The Lua scripts and the rules of the domain are equal: generated sequences of calls, with moving time, run on both.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::env;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use auth_adapter_redis::{RecordFormat, RedisDenylist, RedisLoginLimiter, RedisSessionStore, RedisStore};
use auth_domain::model::attempt_window::LimitRecords;
use auth_domain::model::{
    EndReason, EndSession, Ending, LoginAttempt, NewSession, RefreshMinute, RequestTime, Rotate, Rotation,
    SessionRecord, SessionRef, SessionSummary, UserId,
};
use auth_domain::ports::{Denylist, LoginLimiter, PortError, SessionStore};
use auth_testkit::START;
use auth_testkit::generated::{
    AttemptSubject, GENERATED_LIMITS, SessionSubject, compare_attempts, compare_sessions,
};
use auth_testkit::servers::RedisServer;
use redis::aio::MultiplexedConnection;
use time::OffsetDateTime;

use crate::support::{Ports, REVOCATION, connection};
use crate::{stored_limits, stored_session};

/// The number of sequences: all with `SOAK` in the environment.
fn sequences() -> u32 {
    if env::var_os("SOAK").is_some() { 100_000 } else { 1_000 }
}

struct Subject {
    sessions: Alternating,
    denylist: RedisDenylist,
    limiter: RedisLoginLimiter,
    /// Reads what is stored, not through the adapter.
    connection: MultiplexedConnection,
    releases_oldest: bool,
}

impl Subject {
    /// Each call uses the next one of the kinds of session stores.
    async fn on(server: &RedisServer, kinds: &[fn(RedisSessionStore) -> RedisSessionStore]) -> Self {
        let store: RedisStore = Ports::on(server).store;
        let stores = kinds.iter().map(|kind| kind(RedisSessionStore::new(&store, REVOCATION))).collect();
        Self {
            sessions: Alternating { stores, next: AtomicUsize::new(0) },
            denylist: RedisDenylist::new(&store, REVOCATION),
            limiter: RedisLoginLimiter::new(&store, GENERATED_LIMITS),
            connection: connection(server).await,
            releases_oldest: true,
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
        stored_session::read(&mut self.connection.clone(), session).await
    }

    async fn user_minute(&self, user_id: UserId) -> Option<RefreshMinute> {
        let mut read = redis::cmd("GET");
        read.arg(format!("auth:refreshes:{{{user_id}}}"));
        let stored: Option<Vec<u8>> = read.query_async(&mut self.connection.clone()).await.unwrap();
        Some(stored_session::minute(&stored?))
    }

    fn releases_oldest(&self) -> bool {
        self.releases_oldest
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

/// Instances of one installation, which take turns.
struct Alternating {
    stores: Vec<RedisSessionStore>,
    next: AtomicUsize,
}

impl Alternating {
    fn next(&self) -> &RedisSessionStore {
        &self.stores[self.next.fetch_add(1, Ordering::Relaxed) % self.stores.len()]
    }
}

#[async_trait]
impl SessionStore for Alternating {
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        self.next().open(session, request_time).await
    }

    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        self.next().rotate(rotate, request_time).await
    }

    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        self.next().end(end, request_time).await
    }

    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        self.next().end_all(user_id, reason, request_time).await
    }

    async fn list(&self, user: UserId, request_time: RequestTime) -> Result<Vec<SessionSummary>, PortError> {
        self.next().list(user, request_time).await
    }
}

fn hash(store: RedisSessionStore) -> RedisSessionStore {
    store.with_format(RecordFormat::Hash)
}

fn packed(store: RedisSessionStore) -> RedisSessionStore {
    store.with_format(RecordFormat::Packed)
}

fn hash_in_two_calls(store: RedisSessionStore) -> RedisSessionStore {
    hash(store).denylisting_separately()
}

fn packed_in_two_calls(store: RedisSessionStore) -> RedisSessionStore {
    packed(store).denylisting_separately()
}

#[tokio::test(flavor = "multi_thread")]
async fn session_scripts_equal_the_session_rules() {
    let server = RedisServer::start();
    compare_sessions(sequences(), &Subject::on(&server, &[hash]).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn session_scripts_on_packed_records_equal_the_session_rules() {
    let server = RedisServer::start();
    compare_sessions(sequences(), &Subject::on(&server, &[packed]).await).await;
}

/// Each call finds what another kind of instance has written: the formats are converted to and fro.
#[tokio::test(flavor = "multi_thread")]
async fn session_scripts_equal_the_rules_while_the_formats_alternate() {
    let server = RedisServer::start();
    let kinds = [hash, packed, packed_in_two_calls, hash, hash_in_two_calls, packed, packed];
    let subject = Subject { releases_oldest: false, ..Subject::on(&server, &kinds).await };
    compare_sessions(sequences(), &subject).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempt_scripts_equal_the_attempt_window() {
    let server = RedisServer::start();
    compare_attempts(sequences(), &Subject::on(&server, &[hash]).await).await;
}
