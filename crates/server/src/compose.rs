//! The composition root: it chooses the adapter of each port. No module outside `compose` names an adapter.

pub(crate) mod access_tokens;
#[cfg(feature = "otlp")]
mod adapter_spans;
mod embedded;
mod generated_key;
mod keys;
mod log_targets;
mod named;
mod parts;
mod passwords;
mod postgres;
mod purpose;
mod redis;
mod redis_servers;
mod retiring_key;
mod servers;
mod stores;

use std::sync::Arc;

use auth_domain::ports::{Clock, Entropy, PasswordHasher, UserRepository};

use crate::command_error::CommandError;
use crate::config::{CredentialsBackend, Settings, TokensBackend};
use crate::data_dir::{DataDir, DirLocks};
use crate::password_strength::ZxcvbnStrength;
use crate::system::{SystemClock, SystemEntropy};
#[cfg(feature = "otlp")]
pub(crate) use adapter_spans::AdapterSpan;
use embedded::EmbeddedStore;
pub(crate) use embedded::back_up;
pub(crate) use generated_key::rotate_key;
use keys::{CheckedKeys, KeysInUse, ReloadableKeys};
pub(crate) use parts::Parts;
pub(crate) use purpose::Purpose;
use servers::Servers;
use stores::{ConnectionSet, On, TokenStore};
pub(crate) use stores::{Stores, TokenPorts};

#[cfg(test)]
mod tests;

/// Connects the adapters that the settings choose. No server is contacted yet.
///
/// # Errors
/// [`CommandError`] if a setting, a key or the data directory cannot be used.
pub(crate) fn compose(settings: &Settings, purpose: Purpose) -> Result<Parts, CommandError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let hasher = passwords::hasher(settings, purpose, entropy.clone(), clock.clone()).map_err(rejected)?;
    let mut embedded = EmbeddedStore::new(settings, purpose, hasher.clone(), clock.clone());
    let (key, previous) = match &settings.jwt.key {
        Some(key) => (key.clone(), None),
        None => embedded.keys(&*entropy)?,
    };
    let keys = Arc::new(KeysInUse::new(CheckedKeys::new(settings, key, previous).map_err(rejected)?));
    let mut servers = Servers::default();
    let users = users(settings, purpose, &mut embedded, hasher.clone(), &clock, &mut servers)?;
    let tokens = tokens(settings, purpose, &mut embedded, &clock, &mut servers)?;
    let Servers { mut dependencies, mut reloading } = servers;
    let reloadable = ReloadableKeys { in_use: keys.clone(), clock: clock.clone(), entropy: entropy.clone() };
    reloading.parts.push(Arc::new(reloadable));
    let stores = |set| Stores { users: users(set), tokens: (tokens.ports)(set) };
    let process = stores(ConnectionSet::Process);
    Ok(Parts {
        users: process.users,
        password_capacity: passwords::capacity(&hasher),
        password_kernel: passwords::kernel_check(&hasher),
        password_hashing: hasher.clone(),
        hasher,
        strength: Arc::new(ZxcvbnStrength),
        sessions: process.tokens.sessions,
        denylist: process.tokens.denylist,
        verification: process.tokens.verification,
        denylist_cache: tokens.denylist_cache,
        legacy: process.tokens.legacy,
        limiter: tokens.limiter,
        worker_stores: (0..purpose.workers()).map(ConnectionSet::Worker).map(stores).collect(),
        limit_keys: keys.limit_keys.clone(),
        admin_secret: keys.admin_secret.clone(),
        access_tokens: keys,
        reloading,
        locks: embedded.finish(&mut dependencies),
        dependencies,
        clock,
        entropy,
    })
}

fn users(
    settings: &Settings,
    purpose: Purpose,
    embedded: &mut EmbeddedStore<'_>,
    hasher: Arc<dyn PasswordHasher>,
    clock: &Arc<dyn Clock>,
    servers: &mut Servers,
) -> Result<On<Arc<dyn UserRepository>>, CommandError> {
    match &settings.credentials {
        CredentialsBackend::Embedded => embedded.users(),
        CredentialsBackend::Postgres(server) => {
            postgres::users(server, purpose, hasher, clock, servers).map_err(rejected)
        }
    }
}

fn tokens(
    settings: &Settings,
    purpose: Purpose,
    embedded: &mut EmbeddedStore<'_>,
    clock: &Arc<dyn Clock>,
    servers: &mut Servers,
) -> Result<TokenStore, CommandError> {
    match &settings.tokens.backend {
        TokensBackend::Embedded => embedded.tokens(),
        TokensBackend::Redis(redis) => {
            redis::tokens(redis, settings, purpose, clock, servers).map_err(rejected)
        }
    }
}

/// Prevents the creation of the bootstrap owner until the result is dropped.
///
/// # Errors
/// [`CommandError`] if the data directory cannot be used.
pub(crate) fn lock_bootstrap(settings: &Settings) -> Result<Option<DirLocks>, CommandError> {
    match &settings.credentials {
        CredentialsBackend::Embedded => {
            let missing = Purpose::Administer.missing();
            DataDir::open(&settings.data_dir, missing)?.lock_for_setup(missing).map(Some)
        }
        CredentialsBackend::Postgres(_) => Ok(None),
    }
}

/// Returns the settings that the adapters would reject, without creating the adapters.
pub(crate) fn problems(settings: &Settings) -> Vec<String> {
    let key = settings.jwt.key.iter().filter_map(|key| access_tokens::of(settings, key).err());
    let admin = access_tokens::admin_secret_problem(settings, settings.jwt.key.as_ref());
    let password = passwords::problem(settings);
    let credentials = match &settings.credentials {
        CredentialsBackend::Embedded => None,
        CredentialsBackend::Postgres(server) => postgres::problem(server),
    };
    let tokens = match &settings.tokens.backend {
        TokensBackend::Embedded => None,
        TokensBackend::Redis(redis) => redis::problem(&redis.server, settings.tokens.verification),
    };
    let log = log_targets::problem(&settings.log);
    key.chain(admin).chain(password).chain(credentials).chain(tokens).chain(log).collect()
}

/// Returns warnings about risks that the settings accept.
pub(crate) fn warnings(settings: &Settings) -> Vec<String> {
    access_tokens::warnings(settings)
}

fn rejected(problem: String) -> CommandError {
    CommandError::Settings(vec![problem])
}
