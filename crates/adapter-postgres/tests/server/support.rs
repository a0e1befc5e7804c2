//! The adapter on a database, and helpers of the tests.

use std::error::Error;
use std::time::{Duration, Instant};

use auth_adapter_postgres::{Pooler, PostgresConfig, PostgresDatabase, PostgresUserRepository};
use auth_domain::model::{NewUser, PasswordHash, RequestTime};
use auth_domain::ports::{Clock, Insertion, PortError, PortErrorKind, UserRepository};
use auth_testkit::servers::Database;
use auth_testkit::{START, TestClock, a_tenant_id, a_user, request_time_at};
use time::OffsetDateTime;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// The adapter on one database.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) database: PostgresDatabase,
    pub(crate) users: PostgresUserRepository,
}

impl Store {
    pub(crate) fn at(url: &str) -> Self {
        Self::with(PostgresConfig {
            url: url.to_owned(),
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            allow_plain_text: false,
            pool: PostgresConfig::DEFAULT_POOL,
            pooler: Pooler::None,
        })
    }

    pub(crate) fn with(config: PostgresConfig) -> Self {
        let database = PostgresDatabase::new(config, TestClock::new()).unwrap();
        Self { users: PostgresUserRepository::new(&database), database }
    }

    /// Migrates the database.
    pub(crate) async fn migrated(database: &Database<'_>) -> Self {
        let store = Self::at(&database.url());
        store.database.migrate(request_time_at(START)).await.unwrap();
        store
    }

    /// Inserts a new user of the default tenant.
    pub(crate) async fn inserted(&self) -> NewUser {
        let tenant = self.users.default_tenant(a_tenant_id(), request_time_at(START)).await.unwrap();
        let user = a_user(tenant);
        assert_eq!(self.users.insert(&user, request_time_at(START)).await.unwrap(), Insertion::Inserted);
        user
    }

    /// Makes both shared connections.
    pub(crate) async fn warm_up(&self, user: &NewUser) {
        for _ in 0..4 {
            assert!(self.find(user).await.unwrap());
        }
    }

    pub(crate) async fn find(&self, user: &NewUser) -> Result<bool, PortError> {
        Ok(self.users.find_by_id(user.id, request_time_at(START)).await?.is_some())
    }

    /// Makes a call on a pooled connection.
    pub(crate) async fn users_listed(&self, request_time: RequestTime) -> Result<(), PortError> {
        self.users.page(None, 10, request_time).await.map(drop)
    }

    pub(crate) async fn stored_hash(&self, user: &NewUser) -> Option<PasswordHash> {
        let found = self.users.find_by_id(user.id, request_time_at(START)).await.unwrap();
        found.unwrap().password_hash
    }
}

/// Runs `work` while another client holds the locks of `statement` for some seconds.
pub(crate) fn while_locked(
    database: &Database<'_>,
    statement: &str,
    seconds: f32,
    work: impl Future<Output = ()>,
) {
    let transaction = format!("{statement}; SELECT pg_sleep({seconds})");
    let is_locked = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event = 'PgSleep'";
    std::thread::scope(|scope| {
        let lock = scope.spawn(|| database.sql(&transaction));
        while database.sql(is_locked) == "0" {}
        block_in_place(|| Handle::current().block_on(work));
        let _ = lock.join().unwrap();
    });
}

/// Returns the request time of a call that starts now and has `limit`.
pub(crate) fn within(limit: Duration) -> RequestTime {
    RequestTime::new(START, now(), limit)
}

pub(crate) fn now() -> Instant {
    TestClock::new().instant()
}

/// Returns the present time, which is also that of the server.
#[expect(clippy::disallowed_methods, reason = "the clock of a real server is compared with the real time")]
pub(crate) fn time_of_day() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Returns the text that is logged and never sent to a client.
pub(crate) fn reason(error: &PortError) -> String {
    error.source().unwrap().to_string()
}

pub(crate) fn assert_kind<T>(result: Result<T, PortError>, kind: PortErrorKind) -> String {
    match result {
        Ok(_) => panic!("the call succeeds"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{}", reason(&error));
            reason(&error)
        }
    }
}

/// Repeats `call` until it succeeds, for at most two seconds.
pub(crate) async fn assert_back_within_two_seconds<T>(
    what: &str,
    mut call: impl AsyncFnMut() -> Result<T, PortError>,
) {
    let begun = now();
    while let Err(error) = call().await {
        assert!(begun.elapsed() < Duration::from_secs(2), "{what} is not back: {}", reason(&error));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
