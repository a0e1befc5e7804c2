//! The composition: which adapter stands behind each port. Nothing else names an adapter.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;

use auth_adapter_argon2::{Argon2Config, Argon2PasswordHasher};
use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, SigningKey};
use auth_adapter_sqlite::{
    SqliteConfig, SqliteDatabase, SqliteDenylist, SqliteLoginLimiter, SqliteSessionStore,
    SqliteUserRepository,
};
use auth_domain::model::AxisKeys;
use auth_domain::ports::{
    AccessTokens, Clock, Denylist, Entropy, LegacyRefreshTokens, LoginLimiter, PasswordHasher, PortError,
    SessionStore, UserRepository,
};

use crate::config::{ENVIRONMENT_PREFIX, Secret, Settings};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::readiness::Readiness;
use crate::system::{SystemClock, SystemEntropy};

/// Every port with the adapter that was chosen for it.
pub(crate) struct Parts {
    pub(crate) users: Arc<dyn UserRepository>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) sessions: Arc<dyn SessionStore>,
    pub(crate) denylist: Arc<dyn Denylist>,
    /// Where the former service keeps its refresh tokens, if anywhere.
    pub(crate) legacy: Option<Arc<dyn LegacyRefreshTokens>>,
    pub(crate) limiter: Arc<dyn LoginLimiter>,
    pub(crate) access_tokens: Arc<dyn AccessTokens>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) axis_keys: AxisKeys,
    pub(crate) readiness: Readiness,
}

/// What the parts are wired for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Serving: the store is read through for damage first.
    Serve,
    /// One command, while a server may run on the same stores.
    Administer,
}

/// Wires the adapters that `settings` choose.
pub(crate) fn compose(settings: &Settings, data_dir: &DataDir, purpose: Purpose) -> Result<Parts, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let key = match &settings.jwt.key {
        Some(key) => key.clone(),
        None => data_dir.signing_key(&*entropy)?,
    };
    let refused = |problem| Failure::Configuration(vec![problem]);
    let access_tokens = access_tokens(settings, &key).map_err(refused)?;
    let hasher = Argon2PasswordHasher::new(argon2_config(settings), entropy.clone(), clock.clone());
    let hasher = hasher.map_err(|problem| refused(named(&problem)))?;
    let database = embedded_store(settings, data_dir, purpose, clock.clone())?;
    Ok(Parts {
        users: Arc::new(SqliteUserRepository::new(&database)),
        hasher: Arc::new(hasher),
        sessions: Arc::new(SqliteSessionStore::new(&database)),
        denylist: Arc::new(SqliteDenylist::new(&database)),
        legacy: None,
        limiter: Arc::new(SqliteLoginLimiter::new(&database)),
        access_tokens: Arc::new(access_tokens),
        axis_keys: AxisKeys::derive(key.expose().as_bytes()),
        readiness: readiness(database),
        clock,
        entropy,
    })
}

/// Returns what the adapters would refuse in `settings`, without starting them.
pub(crate) fn problems(settings: &Settings) -> Vec<String> {
    let key = settings.jwt.key.iter().filter_map(|key| access_tokens(settings, key).err());
    let password = argon2_config(settings).check().err();
    key.chain(password.map(|problem| named(&problem))).collect()
}

fn access_tokens(settings: &Settings, key: &Secret) -> Result<JwtAccessTokens, String> {
    let jwt = &settings.jwt;
    let signing_key = |setting: &str, key: &Secret| {
        SigningKey::new(key.expose().to_owned()).map_err(|weakness| named(&format!("{setting}: {weakness}")))
    };
    let previous_keys = jwt.previous_keys.iter().map(|key| signing_key("JWT__PREVIOUS_KEYS", key));
    let config = JwtConfig {
        key: signing_key("JWT__KEY", key)?,
        previous_keys: previous_keys.collect::<Result<_, _>>()?,
        key_id: jwt.key_id.clone(),
        issuer: jwt.issuer.clone(),
        audience: jwt.audience.clone(),
    };
    JwtAccessTokens::new(config).map_err(|problem| named(&problem))
}

const fn argon2_config(settings: &Settings) -> Argon2Config {
    let password = &settings.password;
    Argon2Config {
        memory_kib: password.memory_kib,
        iterations: password.iterations,
        parallelism: password.parallelism,
        concurrency: password.concurrency,
        legacy: password.legacy,
    }
}

/// Adapters begin with the name of the setting at fault; this makes it the whole name.
fn named(problem: &impl Display) -> String {
    format!("{ENVIRONMENT_PREFIX}{problem}")
}

fn embedded_store(
    settings: &Settings,
    data_dir: &DataDir,
    purpose: Purpose,
    clock: Arc<dyn Clock>,
) -> Result<SqliteDatabase, Failure> {
    let config = SqliteConfig {
        denylist_margin: settings.denylist_margin,
        login_limit: settings.login_limit.max_failures,
        login_window: settings.login_limit.window,
        check_integrity: purpose == Purpose::Serve,
        ..SqliteConfig::new(data_dir.database())
    };
    SqliteDatabase::open(config, clock).map_err(|problem| Failure::Startup(problem.to_string()))
}

fn readiness(database: SqliteDatabase) -> Readiness {
    let ping = move |timing| -> Pin<Box<dyn Future<Output = Result<(), PortError>> + Send>> {
        let database = database.clone();
        Box::pin(async move { database.ping(timing).await })
    };
    Readiness::default().with("embedded_store", Box::new(ping))
}
