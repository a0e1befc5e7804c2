//! The composition: which adapter stands behind each port. Nothing outside `compose` names an adapter.

pub(crate) mod access_tokens;
mod embedded;
mod passwords;
mod postgres;
mod redis;

use std::fmt::Display;
use std::sync::Arc;

use auth_domain::model::{LimitKeys, PasswordPolicy};
use auth_domain::ports::{
    AccessTokens, Clock, Denylist, Entropy, LegacyRefreshTokens, LoginLimiter, PasswordHasher,
    PasswordStrength, SessionStore, UserRepository,
};
use auth_domain::use_cases::{EndSessions, ManageUsers};

use crate::command_error::CommandError;
use crate::config::{CredentialsBackend, ENVIRONMENT_PREFIX, Settings, TokensBackend};
use crate::data_dir::{DataDir, DirLocks, Missing};
use crate::dependency::{DenylistCache, Dependencies};
use crate::login_limiter::Capacity;
use crate::password_strength::ZxcvbnStrength;
use crate::system::{SystemClock, SystemEntropy};
use embedded::EmbeddedStore;

#[cfg(test)]
mod tests;

/// Every port with the adapter that was chosen for it.
pub(crate) struct Parts {
    pub(crate) users: Arc<dyn UserRepository>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    /// How many passwords the hasher verifies within a given time.
    pub(crate) password_capacity: Capacity,
    pub(crate) strength: Arc<dyn PasswordStrength>,
    pub(crate) sessions: Arc<dyn SessionStore>,
    pub(crate) denylist: Arc<dyn Denylist>,
    /// The denylist as protected endpoints ask it, in the mode that the settings choose.
    pub(crate) verification: Arc<dyn Denylist>,
    /// What that mode keeps in this process, if anything.
    pub(crate) denylist_cache: Option<Arc<dyn DenylistCache>>,
    /// Where the former service keeps its refresh tokens, if anywhere.
    pub(crate) legacy: Option<Arc<dyn LegacyRefreshTokens>>,
    pub(crate) limiter: Arc<dyn LoginLimiter>,
    pub(crate) access_tokens: Arc<dyn AccessTokens>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) limit_keys: LimitKeys,
    /// What stands behind the stores, each once.
    pub(crate) dependencies: Dependencies,
    /// Held while serving on the data directory, or setting it up.
    pub(crate) locks: Option<DirLocks>,
}

impl Parts {
    /// Returns the use case that creates and changes users.
    pub(crate) fn manage_users(&self, policy: PasswordPolicy) -> ManageUsers {
        ManageUsers {
            users: self.users.clone(),
            hasher: self.hasher.clone(),
            strength: self.strength.clone(),
            end_sessions: EndSessions { sessions: self.sessions.clone() },
            entropy: self.entropy.clone(),
            policy,
        }
    }
}

/// What the parts are wired for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Serving: the data directory is claimed, and the embedded store read through for damage.
    Serve,
    /// Migrating the stores to the version of this program.
    Migrate,
    /// One command, while a server may run on the same stores.
    Administer,
    /// Looking for trouble: as a command, but the embedded store is read through, too.
    Diagnose,
}

impl Purpose {
    /// What happens to a data directory or store that is missing.
    const fn missing(self) -> Missing {
        match self {
            Self::Serve | Self::Migrate => Missing::Create,
            Self::Administer | Self::Diagnose => Missing::Fail,
        }
    }
}

/// The ports of tokens, which are kept in one place.
struct TokenStores {
    sessions: Arc<dyn SessionStore>,
    denylist: Arc<dyn Denylist>,
    verification: Arc<dyn Denylist>,
    denylist_cache: Option<Arc<dyn DenylistCache>>,
    legacy: Option<Arc<dyn LegacyRefreshTokens>>,
    limiter: Arc<dyn LoginLimiter>,
}

/// Wires the adapters that `settings` choose.
pub(crate) fn compose(settings: &Settings, purpose: Purpose) -> Result<Parts, CommandError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let mut embedded = EmbeddedStore::new(settings, purpose, clock.clone());
    let key = match &settings.jwt.key {
        Some(key) => key.clone(),
        None => embedded.data_dir()?.signing_key(&*entropy, purpose.missing())?,
    };
    let access_tokens = access_tokens::of(settings, &key).map_err(rejected)?;
    if let Some(problem) = access_tokens::admin_secret_problem(settings, Some(&key)) {
        return Err(rejected(problem));
    }
    let hasher = passwords::hasher(settings, entropy.clone(), clock.clone()).map_err(rejected)?;
    let mut dependencies = Dependencies::new();
    let users = users(settings, &mut embedded, &clock, &mut dependencies)?;
    let tokens = tokens(settings, purpose, &mut embedded, &clock, &mut dependencies)?;
    Ok(Parts {
        users,
        password_capacity: passwords::capacity(&hasher),
        hasher,
        strength: Arc::new(ZxcvbnStrength),
        sessions: tokens.sessions,
        denylist: tokens.denylist,
        verification: tokens.verification,
        denylist_cache: tokens.denylist_cache,
        legacy: tokens.legacy,
        limiter: tokens.limiter,
        access_tokens,
        limit_keys: LimitKeys::derive(key.expose().as_bytes()),
        locks: embedded.finish(&mut dependencies),
        dependencies,
        clock,
        entropy,
    })
}

fn users(
    settings: &Settings,
    embedded: &mut EmbeddedStore<'_>,
    clock: &Arc<dyn Clock>,
    dependencies: &mut Dependencies,
) -> Result<Arc<dyn UserRepository>, CommandError> {
    match &settings.credentials {
        CredentialsBackend::Embedded => embedded.users(),
        CredentialsBackend::Postgres(server) => {
            postgres::users(server, clock, dependencies).map_err(rejected)
        }
    }
}

fn tokens(
    settings: &Settings,
    purpose: Purpose,
    embedded: &mut EmbeddedStore<'_>,
    clock: &Arc<dyn Clock>,
    dependencies: &mut Dependencies,
) -> Result<TokenStores, CommandError> {
    match &settings.tokens.backend {
        TokensBackend::Embedded => embedded.tokens(),
        TokensBackend::Redis(server) => {
            redis::tokens(server, settings, purpose, clock, dependencies).map_err(rejected)
        }
    }
}

/// Prevents the creation of the bootstrap owner until the result is dropped.
pub(crate) fn lock_bootstrap(settings: &Settings) -> Result<Option<DirLocks>, CommandError> {
    match &settings.credentials {
        CredentialsBackend::Embedded => {
            let missing = Purpose::Administer.missing();
            DataDir::open(&settings.data_dir, missing)?.lock_for_setup(missing).map(Some)
        }
        CredentialsBackend::Postgres(_) => Ok(None),
    }
}

/// Returns what the adapters would refuse in `settings`, without starting them.
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
        TokensBackend::Redis(server) => redis::problem(server),
    };
    key.chain(admin).chain(password).chain(credentials).chain(tokens).collect()
}

/// Returns warnings about risks in `settings` that the adapters accept.
pub(crate) fn warnings(settings: &Settings) -> Vec<String> {
    access_tokens::warnings(settings)
}

/// Adapters begin with the name of the setting at fault; this makes it the whole name.
fn named(problem: &impl Display) -> String {
    format!("{ENVIRONMENT_PREFIX}{problem}")
}

fn rejected(problem: String) -> CommandError {
    CommandError::Settings(vec![problem])
}
