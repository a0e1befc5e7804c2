//! The stores of an installation.

use std::collections::BTreeMap;
use std::env;
use std::sync::{Arc, OnceLock};

use auth_testkit::servers::{Database, PgBouncer, PostgresServer, RedisCluster, RedisServer, SentinelSet};
use diesel::{Connection, RunQueryDsl, SqliteConnection};

use crate::binary::program;
use crate::installation::PREFIX;
use crate::randomness::unique;
use crate::redis_form::RedisForm;

/// Options with which Redis loses no acknowledged write.
pub const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// The stores of one installation, shared by all of its instances.
#[derive(Clone, Debug)]
pub enum Stores {
    /// The file in the data directory.
    Embedded,
    /// Databases of their own on real servers.
    Servers(Arc<Servers>),
}

/// Postgres and Redis.
#[derive(Debug)]
pub struct Servers {
    /// The database of the users.
    pub postgres: &'static PostgresServer,
    /// The database of the tokens; of a set of servers, its first primary.
    pub redis: &'static RedisServer,
    /// All servers of the tokens.
    pub form: RedisForm,
    database: Database<'static>,
    postgres_url: String,
    pooler: &'static str,
    redis_url: String,
    redis_database: u32,
}

impl Stores {
    /// Returns the stores that `HOOKSENTRY_AUTH_E2E_STORES` selects: `embedded` (the default), `servers`, `sentinel` or
    /// `cluster`.
    pub fn chosen() -> Self {
        match env::var("HOOKSENTRY_AUTH_E2E_STORES").as_deref() {
            Err(env::VarError::NotPresent) | Ok("embedded") => Self::Embedded,
            Ok("servers") => Self::servers(),
            Ok("sentinel") => Self::on_sentinel(SentinelSet::shared()),
            Ok("cluster") => Self::on_cluster(RedisCluster::shared()),
            other => panic!("HOOKSENTRY_AUTH_E2E_STORES is no kind of store: {other:?}"),
        }
    }

    /// Returns new databases on the servers that the tests of this process share.
    pub fn servers() -> Self {
        Self::on(PostgresServer::shared(), RedisForm::shared())
    }

    /// Returns a database on this Redis behind Sentinel, and one on the shared Postgres server.
    pub fn on_sentinel(set: &'static SentinelSet) -> Self {
        Self::on(PostgresServer::shared(), RedisForm::Sentinel(set))
    }

    /// Returns this Redis Cluster, and a database on the shared Postgres server.
    pub fn on_cluster(cluster: &'static RedisCluster) -> Self {
        Self::on(PostgresServer::shared(), RedisForm::Cluster(cluster))
    }

    /// Returns databases on servers of their own, which may be frozen and killed.
    ///
    /// The servers stop with the test process.
    pub fn own_servers() -> Self {
        Self::on_own(&[])
    }

    /// Returns databases on servers of their own, where Redis loses no acknowledged write.
    pub fn durable_servers() -> Self {
        Self::on_own(&DURABLE)
    }

    /// Returns a Redis server of its own, and a database on the shared Postgres server.
    pub fn own_redis(options: &[&str]) -> Self {
        Self::on(PostgresServer::shared(), RedisForm::own(options))
    }

    /// Returns a Postgres server of its own, and a database on the shared Redis server.
    pub fn own_postgres() -> Self {
        Self::on(Box::leak(Box::new(PostgresServer::start())), RedisForm::shared())
    }

    fn on_own(options: &[&str]) -> Self {
        Self::on(Box::leak(Box::new(PostgresServer::start_with_statements())), RedisForm::own(options))
    }

    /// Returns databases of a platform: `tables` are the statements that create its tables.
    pub fn platform(tables: &str) -> Self {
        let database = PostgresServer::shared().database();
        let _ = database.sql(tables);
        Self::with(PostgresServer::shared(), RedisForm::shared(), database)
    }

    fn on(postgres: &'static PostgresServer, form: RedisForm) -> Self {
        let database = if std::ptr::eq(postgres, PostgresServer::shared()) {
            postgres.database_like(template())
        } else {
            migrated(postgres.database())
        };
        Self::with(postgres, form, database)
    }

    fn with(postgres: &'static PostgresServer, form: RedisForm, database: Database<'static>) -> Self {
        let (redis_url, redis_database) = form.database();
        let redis = form.primary();
        let (postgres_url, pooler) = match pool_mode() {
            Some(mode) if std::ptr::eq(postgres, PostgresServer::shared()) => {
                let is_named = if mode == "transaction" { mode } else { "none" };
                (PgBouncer::shared(mode).url(&database), is_named)
            }
            // A test may freeze or kill this server, which a pooler would hide.
            Some(_) | None => (database.url(), "none"),
        };
        let servers =
            Servers { postgres, redis, form, database, postgres_url, pooler, redis_url, redis_database };
        Self::Servers(Arc::new(servers))
    }

    /// Returns the settings that name these stores.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        let Self::Servers(servers) = self else { return BTreeMap::new() };
        let settings = [
            ("CREDENTIALS__BACKEND", "postgres".to_owned()),
            ("POSTGRES__URL", servers.postgres_url.clone()),
            ("POSTGRES__POOLER", servers.pooler.to_owned()),
            ("TOKENS__BACKEND", "redis".to_owned()),
            ("REDIS__URL", servers.redis_url.clone()),
            ("JWT__KEY", unique("KDx3kPzUwV9c0bqT5mYJr7sE2nHfA8Lg")),
        ];
        settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Returns the servers of an installation on Postgres and Redis.
    pub fn expect_servers(&self) -> &Servers {
        match self {
            Self::Servers(servers) => servers,
            Self::Embedded => panic!("this installation has no servers"),
        }
    }
}

impl Servers {
    /// Runs an SQL statement on the store of users directly; returns the number of changed rows.
    pub fn sql(&self, statement: &str) -> usize {
        let printed = self.query(statement);
        let tag = printed.lines().last().unwrap_or_default();
        tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// Runs statements and returns what `psql` prints.
    pub fn query(&self, statements: &str) -> String {
        self.database.sql(statements)
    }

    /// Returns the users' database.
    pub fn database(&self) -> &Database<'static> {
        &self.database
    }

    /// Returns the address of the users' database.
    pub fn postgres_url(&self) -> String {
        self.postgres_url.clone()
    }

    /// Returns the number of the tokens' database.
    pub fn redis_database(&self) -> u32 {
        self.redis_database
    }

    /// Runs `redis-cli` on the tokens' database.
    pub fn redis_cli(&self, words: &[&str]) -> String {
        self.form.cli(self.redis_database, words)
    }
}

/// The `pool_mode` of a pooler before the shared server, which `HOOKSENTRY_AUTH_E2E_POOLER` selects.
fn pool_mode() -> Option<&'static str> {
    match env::var("HOOKSENTRY_AUTH_E2E_POOLER").as_deref() {
        Err(env::VarError::NotPresent) => None,
        Ok("session") => Some("session"),
        Ok("transaction") => Some("transaction"),
        other => panic!("HOOKSENTRY_AUTH_E2E_POOLER is neither session nor transaction: {other:?}"),
    }
}

/// Runs a statement on the embedded store; returns the number of changed rows.
pub(crate) fn embedded_sql(path: &str, statement: &str) -> usize {
    let mut store = SqliteConnection::establish(path).expect("the embedded store");
    diesel::sql_query("PRAGMA busy_timeout = 5000").execute(&mut store).expect("a pragma");
    diesel::sql_query("PRAGMA ignore_check_constraints = ON").execute(&mut store).expect("a pragma");
    diesel::sql_query(statement).execute(&mut store).expect("a valid statement")
}

/// The name of a database on the shared server that has the tables and no users; created once.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| migrated(PostgresServer::shared().database()).name().to_owned())
}

/// Creates the tables with the program.
fn migrated(database: Database<'_>) -> Database<'_> {
    let settings = [
        ("CREDENTIALS__BACKEND", "postgres".to_owned()),
        ("POSTGRES__URL", database.url()),
        ("JWT__KEY", unique("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp")),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let mut migrate = program();
    migrate.envs(settings.map(|(name, value)| (format!("{PREFIX}{name}"), value)));
    let output = migrate.arg("migrate").current_dir(folder.path()).output().expect("the program runs");
    assert!(output.status.success(), "migrate: {}", String::from_utf8_lossy(&output.stderr));
    database
}
