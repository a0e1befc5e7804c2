//! The JWT keys and the admin secret that are in use.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use auth_domain::model::{AccessClaims, AccessToken, Event, LimitKeys};
use auth_domain::ports::{AccessTokens, Clock, Entropy, InvalidAccessToken, PortError};
use auth_store_connection::Change;
use time::OffsetDateTime;
use tracing::warn;

use super::access_tokens;
use super::generated_key::read_keys;
use crate::config::{Secret, Settings};
use crate::data_dir::PreviousKey;
use crate::reload::{Prepared, Reloadable};

/// Keys that were checked.
pub(super) struct CheckedKeys {
    access_tokens: Arc<dyn AccessTokens>,
    secrets: Secrets,
}

/// The texts, for comparison.
struct Secrets {
    key: Secret,
    /// Those of the settings, and the generated key that retires.
    previous: Vec<Secret>,
    admin: Option<Secret>,
}

/// Everything that depends on the keys. Verified tokens are remembered for one set of keys only.
pub(super) struct KeysInUse {
    access_tokens: ArcSwap<Arc<dyn AccessTokens>>,
    pub(super) limit_keys: LimitKeys,
    /// `None` if the setting is absent.
    pub(super) admin_secret: Option<Arc<ArcSwap<Secret>>>,
    secrets: Mutex<Secrets>,
}

/// Replaces the keys.
pub(super) struct ReloadableKeys {
    pub(super) in_use: Arc<KeysInUse>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl CheckedKeys {
    /// Checks the keys and the admin secret.
    ///
    /// # Errors
    /// The problem of a setting.
    pub(super) fn new(
        settings: &Settings,
        key: Secret,
        previous: Option<PreviousKey>,
    ) -> Result<Self, String> {
        let retiring = previous.as_ref().map(|previous| previous.key.clone());
        if let Some(problem) =
            access_tokens::admin_secret_problem(settings, [&key].into_iter().chain(&retiring))
        {
            return Err(problem);
        }
        let access_tokens = access_tokens::with_previous(settings, &key, previous)?;
        let previous = settings.jwt.previous_keys.iter().cloned().chain(retiring).collect();
        let secrets = Secrets { key, previous, admin: settings.admin.secret.clone() };
        Ok(Self { access_tokens, secrets })
    }
}

impl KeysInUse {
    pub(super) fn new(keys: CheckedKeys) -> Self {
        let CheckedKeys { access_tokens, secrets } = keys;
        Self {
            access_tokens: ArcSwap::from_pointee(access_tokens),
            limit_keys: LimitKeys::derive(secrets.key.expose().as_bytes()),
            admin_secret: secrets.admin.clone().map(|secret| Arc::new(ArcSwap::from_pointee(secret))),
            secrets: Mutex::new(secrets),
        }
    }

    fn differences(&self, keys: &CheckedKeys) -> Vec<&'static str> {
        let Secrets { key, previous, admin } = &*self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let other = &keys.secrets;
        let differ = [
            (!is_same([key], [&other.key]), "JWT__KEY"),
            (!is_same(previous, &other.previous), "JWT__PREVIOUS_KEYS"),
            (!is_same(admin, &other.admin), "ADMIN__SECRET"),
        ];
        differ.into_iter().filter(|(differs, _)| *differs).map(|(_, setting)| setting).collect()
    }

    fn replace(&self, keys: CheckedKeys) {
        let CheckedKeys { access_tokens, secrets } = keys;
        self.access_tokens.store(Arc::new(access_tokens));
        self.limit_keys.replace(secrets.key.expose().as_bytes());
        if let (Some(present), Some(secret)) = (&self.admin_secret, &secrets.admin) {
            present.store(Arc::new(secret.clone()));
        }
        *self.secrets.lock().unwrap_or_else(PoisonError::into_inner) = secrets;
    }
}

impl AccessTokens for KeysInUse {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, PortError> {
        self.access_tokens.load().issue(claims)
    }

    fn verify(&self, token: &str, now: OffsetDateTime) -> Result<AccessClaims, InvalidAccessToken> {
        self.access_tokens.load().verify(token, now)
    }
}

impl Reloadable for ReloadableKeys {
    fn prepare(&self, settings: &Settings) -> Result<Prepared, String> {
        let (key, previous) = match &settings.jwt.key {
            Some(key) => (key.clone(), None),
            None => {
                read_keys(settings, self.clock.now(), &*self.entropy).map_err(|error| error.to_string())?
            }
        };
        let (keys, in_use) = (CheckedKeys::new(settings, key, previous)?, Arc::clone(&self.in_use));
        let changed = in_use.differences(&keys);
        if changed.is_empty() {
            return Ok(Prepared::nothing());
        }
        let warnings = access_tokens::warnings(settings);
        let apply = move || {
            in_use.replace(keys);
            for warning in warnings {
                warn!(event = Event::WeakKey.name(), "{warning}");
            }
        };
        Ok(Prepared { change: Change::new(changed, apply), dependency: None })
    }
}

fn is_same<'a>(
    ones: impl IntoIterator<Item = &'a Secret>,
    others: impl IntoIterator<Item = &'a Secret>,
) -> bool {
    ones.into_iter().map(Secret::expose).eq(others.into_iter().map(Secret::expose))
}
