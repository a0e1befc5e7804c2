//! The stores of a service: users and sessions are inserted through the ports.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use auth_adapter_postgres::{Pooler, PostgresConfig, PostgresDatabase, PostgresUserRepository};
use auth_adapter_redis::{
    RecordFormat, RedisConfig, RedisDenylist, RedisSessionStore, RedisStore, RevocationPolicy,
};
use auth_adapter_sqlite::{
    OpenMode, SqliteConfig, SqliteDatabase, SqliteDenylist, SqliteSessionStore, SqliteUserRepository,
};
use auth_domain::model::{NewSession, Rotation, TenantId};
use auth_domain::ports::{Clock, Denylist, PortError, SessionStore, UserRepository};
use auth_testkit::servers::{Database, PostgresServer, RedisServer};
use auth_testkit::{
    DENYLIST_MARGIN, SESSION_POLICY, TestClock, TestSession, a_tenant_id, an_access_token, request_time_at,
};
use futures_util::{StreamExt, stream};

use crate::users::{self, ID_PREFIX, USERS, password_hash};

/// The calls in flight while a store is filled.
const CALLS: usize = 256;
/// The attempts of a call before the last one.
const ATTEMPTS: usize = 9;
const REVOCATION: RevocationPolicy =
    RevocationPolicy { access_ttl: SESSION_POLICY.access_ttl, denylist_margin: DENYLIST_MARGIN };

/// The stores that a service uses.
#[derive(Clone)]
pub(crate) enum Stores {
    Servers(Arc<Servers>),
    /// The path of the database file.
    Embedded(PathBuf),
}

/// A Postgres and a Redis with an append-only file.
pub(crate) struct Servers {
    pub(crate) postgres: &'static PostgresServer,
    pub(crate) redis: RedisServer,
    pub(crate) database: Database<'static>,
}

impl Servers {
    /// Starts both servers. The append-only file is in `folder`.
    ///
    /// It is not rewritten, because a rewrite would slow down whatever is measured at that moment.
    pub(crate) fn start(folder: &Path) -> Self {
        let folder = folder.to_str().expect("a UTF-8 path");
        let options = ["--appendonly", "yes", "--appendfsync", "everysec", "--dir", folder];
        let redis =
            RedisServer::start_with(&[&options[..], &["--auto-aof-rewrite-percentage", "0"]].concat());
        let postgres = PostgresServer::shared();
        Self { postgres, redis, database: postgres.database() }
    }

    /// Inserts users so that there are `total`.
    pub(crate) fn add_users(&self, total: u32) {
        let _ = self.database.sql(&format!(
            "INSERT INTO users (id, tenant_id, email, password_hash, role)
                 SELECT ('{ID_PREFIX}' || lpad(to_hex(n), 12, '0'))::uuid, tenants.id, 'user' || n || '@example.com', '{}', 1
                 FROM generate_series({USERS} + 1, {total}) AS n, tenants
                 ON CONFLICT DO NOTHING",
            password_hash()
        ));
        let _ = self.database.sql("VACUUM ANALYZE users");
    }
}

impl Stores {
    /// The settings that name these stores.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Servers(servers) => vec![
                ("CREDENTIALS__BACKEND", "postgres".to_owned()),
                ("POSTGRES__URL", servers.database.url()),
                ("TOKENS__BACKEND", "redis".to_owned()),
                ("REDIS__URL", servers.redis.url()),
            ],
            Self::Embedded(path) => {
                let folder = path.parent().expect("a folder").to_str().expect("a UTF-8 path");
                vec![("DATA_DIR", folder.to_owned())]
            }
        }
    }

    /// Inserts the users of [`users::all`], and returns their tenant.
    pub(crate) async fn insert_users(&self) -> TenantId {
        let clock = TestClock::of_this_machine();
        let users: Box<dyn UserRepository> = match self {
            Self::Servers(servers) => {
                let database = PostgresDatabase::new(postgres_config(servers), clock.clone());
                Box::new(PostgresUserRepository::new(&database.expect("a valid configuration")))
            }
            Self::Embedded(path) => Box::new(SqliteUserRepository::new(&embedded(path))),
        };
        let tenant = users.default_tenant(a_tenant_id(), request_time_at(clock.now())).await;
        let tenant = tenant.expect("a default tenant");
        let insert = async |user| {
            users.insert(&user, request_time_at(clock.now())).await.expect("a store that answers");
        };
        stream::iter(users::all(tenant)).for_each_concurrent(CALLS, insert).await;
        tenant
    }

    /// Opens sessions.
    pub(crate) async fn open(&self, sessions: &[NewSession], format: RecordFormat) {
        let (clock, store) = (TestClock::of_this_machine(), self.session_store(format));
        let open = async |session: &NewSession| {
            repeated(async || store.open(session, request_time_at(clock.now())).await).await;
        };
        stream::iter(sessions).for_each_concurrent(CALLS, open).await;
    }

    /// Rotates each session once.
    pub(crate) async fn rotate(&self, sessions: &mut [TestSession], format: RecordFormat) {
        let (clock, store) = (TestClock::of_this_machine(), self.session_store(format));
        let rotate = async |session: &mut TestSession| {
            let now = clock.now();
            let attempt = session.rotation(&session.token, now);
            let rotation = store.rotate(&attempt.rotate, request_time_at(now)).await;
            assert_eq!(rotation.expect("a store that answers"), Rotation::Rotated);
            session.token = attempt.successor;
        };
        stream::iter(sessions).for_each_concurrent(CALLS, rotate).await;
    }

    fn session_store(&self, format: RecordFormat) -> Box<dyn SessionStore> {
        match self {
            Self::Servers(servers) => {
                Box::new(RedisSessionStore::new(&redis(servers), REVOCATION).with_format(format))
            }
            Self::Embedded(path) => Box::new(SqliteSessionStore::new(&embedded(path), DENYLIST_MARGIN)),
        }
    }

    /// Denylists access tokens.
    pub(crate) async fn revoke(&self, count: usize) {
        let clock = TestClock::of_this_machine();
        let denylist: Box<dyn Denylist> = match self {
            Self::Servers(servers) => Box::new(RedisDenylist::new(&redis(servers), REVOCATION)),
            Self::Embedded(path) => Box::new(SqliteDenylist::new(&embedded(path), DENYLIST_MARGIN)),
        };
        let revoke = async |_| {
            let token = an_access_token(clock.now());
            repeated(async || denylist.add(token, request_time_at(clock.now())).await).await;
        };
        stream::iter(0..count).for_each_concurrent(CALLS, revoke).await;
    }
}

/// Repeats a call that changes nothing the second time: Redis answers late while it waits for a busy disk.
async fn repeated(call: impl AsyncFn() -> Result<(), PortError>) {
    for _ in 0..ATTEMPTS {
        if call().await.is_ok() {
            return;
        }
    }
    call().await.expect("a store that answers");
}

fn redis(servers: &Servers) -> RedisStore {
    let config = RedisConfig::new(servers.redis.url());
    RedisStore::new(&config, TestClock::of_this_machine()).expect("a valid configuration")
}

fn embedded(path: &Path) -> SqliteDatabase {
    let mode = OpenMode { cleanup_interval: Duration::from_hours(1), ..OpenMode::default() };
    SqliteDatabase::open(&SqliteConfig::new(path), mode, TestClock::of_this_machine()).expect("a database")
}

fn postgres_config(servers: &Servers) -> PostgresConfig {
    PostgresConfig {
        url: servers.database.url(),
        ca_file: None,
        client_cert_file: None,
        client_key_file: None,
        allow_plain_text: false,
        pool: 4,
        pooler: Pooler::None,
    }
}
