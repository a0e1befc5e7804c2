//! The ports on one server, and common operations on them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_adapter_redis::{
    RecordFormat, RedisConfig, RedisDenylist, RedisLoginLimiter, RedisSessionStore, RedisStore,
    RevocationPolicy,
};
use auth_domain::model::attempt_window::{LimitBounds, LoginLimits};
use auth_domain::model::{
    EndReason, EndSession, Ending, LimitKey, LimitKeys, LiveAccessToken, LoginAttempt, Origin, RefreshToken,
    RequestTime, Rotation, TicketId, UserId,
};
use auth_domain::ports::{Clock, Denylist, PortError, SessionStore, random_bytes};
use auth_testkit::servers::RedisServer;
use auth_testkit::{
    DENYLIST_MARGIN, LOGIN_LIMITS, START, TestClock, TestEntropy, TestSession, a_session, a_user_id,
    an_email, request_time_at,
};
use redis::aio::MultiplexedConnection;
use time::OffsetDateTime;

/// The policy of the ports under test.
pub(crate) const REVOCATION: RevocationPolicy =
    RevocationPolicy { access_ttl: Duration::from_mins(15), denylist_margin: DENYLIST_MARGIN };

/// Every port of the adapter on one server.
pub(crate) struct Ports {
    pub(crate) store: RedisStore,
    pub(crate) sessions: RedisSessionStore,
    pub(crate) denylist: RedisDenylist,
    pub(crate) limiter: RedisLoginLimiter,
}

impl Ports {
    pub(crate) fn on(server: &RedisServer) -> Self {
        Self::at(&server.url())
    }

    pub(crate) fn at(url: &str) -> Self {
        Self::with(&RedisConfig::new(url.to_owned()))
    }

    pub(crate) fn with(config: &RedisConfig) -> Self {
        Self::with_clock(TestClock::of_this_machine(), config)
    }

    /// The ports of an instance whose machine has this clock.
    pub(crate) fn with_clock(clock: Arc<TestClock>, config: &RedisConfig) -> Self {
        let store = RedisStore::new(config, clock).unwrap();
        Self {
            sessions: RedisSessionStore::new(&store, REVOCATION),
            denylist: RedisDenylist::new(&store, REVOCATION),
            limiter: RedisLoginLimiter::new(&store, LOGIN_LIMITS),
            store,
        }
    }

    /// The ports with another bound of the emails in the daily count.
    pub(crate) fn with_daily_emails(server: &RedisServer, daily_emails: u32) -> Self {
        let ports = Self::on(server);
        let bounds = LimitBounds { daily_emails, ..LimitBounds::SERVICE };
        let limiter = RedisLoginLimiter::new(&ports.store, LoginLimits { bounds, ..LOGIN_LIMITS });
        Self { limiter, ..ports }
    }

    /// The ports of an instance that writes records in this format.
    pub(crate) fn with_format(self, format: RecordFormat) -> Self {
        Self { sessions: self.sessions.with_format(format), ..self }
    }

    /// The ports of an instance whose writes wait for replicas.
    pub(crate) fn waiting_for(self, replicas: u32) -> Self {
        let store = self.store.waiting_for(replicas);
        Self {
            sessions: RedisSessionStore::new(&store, REVOCATION),
            denylist: RedisDenylist::new(&store, REVOCATION),
            limiter: RedisLoginLimiter::new(&store, LOGIN_LIMITS),
            store,
        }
    }

    /// The ports of an instance whose denylist is in another slot.
    pub(crate) fn denylisting_separately(self) -> Self {
        Self { sessions: self.sessions.denylisting_separately(), ..self }
    }

    /// Opens every connection.
    pub(crate) async fn connected(self) -> Self {
        for _ in 0..2 {
            assert_eq!(self.sessions.list(a_user_id(), request_time_at(START)).await.unwrap(), []);
        }
        self
    }

    /// Opens a session of a new user.
    pub(crate) async fn opened(&self) -> TestSession {
        self.opened_by(a_user_id()).await
    }

    pub(crate) async fn opened_by(&self, user: UserId) -> TestSession {
        let session = a_session(user, START);
        self.sessions.open(&session.opening, request_time_at(START)).await.unwrap();
        session
    }

    /// Presents a token; returns the outcome and the successor.
    pub(crate) async fn present(
        &self,
        session: &TestSession,
        token: &RefreshToken,
        request_time: RequestTime,
    ) -> Result<(Rotation, RefreshToken), PortError> {
        let attempt = session.rotation(token, request_time.now());
        let rotation = self.sessions.rotate(&attempt.rotate, request_time).await?;
        Ok((rotation, attempt.successor))
    }

    /// Rotates the current token; returns the successor.
    pub(crate) async fn rotated(&self, session: &TestSession, token: &RefreshToken) -> RefreshToken {
        let (rotation, successor) = self.present(session, token, request_time_at(START)).await.unwrap();
        assert_eq!(rotation, Rotation::Rotated);
        successor
    }

    pub(crate) async fn log_out(
        &self,
        session: &TestSession,
        also_revoke: Option<LiveAccessToken>,
    ) -> Result<Ending, PortError> {
        let end = EndSession { session: session.token.session(), reason: EndReason::LoggedOut, also_revoke };
        self.sessions.end(&end, request_time_at(START)).await
    }

    pub(crate) async fn is_revoked(&self, token: LiveAccessToken) -> bool {
        self.denylist.contains(token.id, request_time_at(START)).await.unwrap()
    }
}

/// A login attempt on a unique email, without an address.
pub(crate) fn an_attempt() -> LoginAttempt {
    let email = LimitKeys::derive(b"tests of the adapter").email(&an_email());
    LoginAttempt { ticket: TicketId::from_bytes(*random_bytes(&TestEntropy).unwrap()), email, origin: None }
}

/// A login attempt on a unique email from a unique IPv6 address.
pub(crate) fn an_attempt_from_an_address() -> LoginAttempt {
    let key = || LimitKey::from_bytes(*random_bytes(&TestEntropy).unwrap());
    let origin = Origin { address: key(), network: Some(key()), pair: key(), is_exempt: false };
    LoginAttempt { origin: Some(origin), ..an_attempt() }
}

/// The time of a request that starts at `START`, with this timeout.
pub(crate) fn allowing(time: Duration) -> RequestTime {
    RequestTime::new(START, real_instant(), time)
}

pub(crate) fn real_instant() -> Instant {
    TestClock::new().instant()
}

/// The time of a request that starts now by the real clock, or this many seconds off.
#[expect(clippy::disallowed_methods, reason = "the clock of the server is real as well")]
pub(crate) fn now_and(seconds: i64) -> RequestTime {
    let now = OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    RequestTime::new(now, real_instant(), Duration::from_secs(5))
}

/// A connection that reads what is stored, not through the adapter.
pub(crate) async fn connection(server: &RedisServer) -> MultiplexedConnection {
    let client = redis::Client::open(server.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}
