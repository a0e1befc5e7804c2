//! The adapter for access tokens (JWT), and its rules for keys, which also apply to the admin secret.

use std::sync::Arc;

use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, SigningKey, WeakKey, check_secret};
use auth_domain::ports::AccessTokens;

use super::named::named;
use super::retiring_key::RetiringKey;
use crate::config::{Secret, Settings};
use crate::data_dir::PreviousKey;

const KEY: &str = "JWT__KEY";
const PREVIOUS_KEYS: &str = "JWT__PREVIOUS_KEYS";
const ADMIN_SECRET: &str = "ADMIN__SECRET";

/// Returns the adapter with `key`, and with a key that verifies until it retires.
///
/// # Errors
/// The problem of a setting.
pub(super) fn with_previous(
    settings: &Settings,
    key: &Secret,
    previous: Option<PreviousKey>,
) -> Result<Arc<dyn AccessTokens>, String> {
    let present = of(settings, key)?;
    let Some(PreviousKey { key: previous, retires_at }) = previous else { return Ok(present) };
    let before_retirement = adapter(settings, key, Some(&previous))?;
    Ok(Arc::new(RetiringKey { present, before_retirement, retires_at }))
}

/// Returns the adapter with `key`.
///
/// # Errors
/// The problem of a setting.
pub(crate) fn of(settings: &Settings, key: &Secret) -> Result<Arc<dyn AccessTokens>, String> {
    adapter(settings, key, None)
}

fn adapter(
    settings: &Settings,
    key: &Secret,
    previous: Option<&Secret>,
) -> Result<Arc<dyn AccessTokens>, String> {
    let jwt = &settings.jwt;
    let previous_keys =
        jwt.previous_keys.iter().chain(previous).map(|key| signing_key(settings, PREVIOUS_KEYS, key));
    let config = JwtConfig {
        key: signing_key(settings, KEY, key)?,
        previous_keys: previous_keys.collect::<Result<_, _>>()?,
        key_id: jwt.key_id.clone(),
        issuer: jwt.issuer.clone(),
        audience: jwt.audience.clone(),
    };
    let access_tokens = JwtAccessTokens::new(config).map_err(|problem| named(&problem))?;
    Ok(Arc::new(access_tokens))
}

/// Returns why the admin secret cannot be used: it is too weak, or it is one of the JWT keys (S-92).
///
/// # Parameters
/// - `keys`: the key, and the generated key that retires.
pub(super) fn admin_secret_problem<'a>(
    settings: &'a Settings,
    keys: impl IntoIterator<Item = &'a Secret>,
) -> Option<String> {
    let secret = settings.admin.secret.as_ref()?;
    let mut keys = keys.into_iter().chain(&settings.jwt.previous_keys);
    if keys.any(|key| key.expose() == secret.expose()) {
        return Some(named(&format!(
            "{ADMIN_SECRET}: the secret is also a key of {KEY} or {PREVIOUS_KEYS}, so a caller of the admin listener could sign \
             tokens; generate another secret with `openssl rand -hex 32`"
        )));
    }
    check_secret(secret.expose()).err().map(|weakness| named(&format!("{ADMIN_SECRET}: {weakness}")))
}

/// Returns a warning for each guessable key that `JWT__WEAK_KEY=warn` accepts.
pub(super) fn warnings(settings: &Settings) -> Vec<String> {
    let jwt = &settings.jwt;
    if !jwt.allow_guessable {
        return Vec::new();
    }
    let keys = jwt.key.iter().map(|key| (KEY, key));
    let previous = jwt.previous_keys.iter().map(|key| (PREVIOUS_KEYS, key));
    let guessable = keys.chain(previous).filter(|(_, key)| check_secret(key.expose()).is_err());
    guessable
        .map(|(setting, _)| {
            named(&format!(
                "{setting}: the key is guessable, and JWT__WEAK_KEY=warn accepts it; everyone who guesses it can sign \
                 tokens. Replace it in every service, and remove JWT__WEAK_KEY"
            ))
        })
        .collect()
}

fn signing_key(settings: &Settings, setting: &str, key: &Secret) -> Result<SigningKey, String> {
    let text = key.expose().to_owned();
    let key =
        if settings.jwt.allow_guessable { SigningKey::allow_guessable(text) } else { SigningKey::new(text) };
    key.map_err(|weakness| {
        let takeover = match weakness {
            WeakKey::Guessable => {
                ", or set JWT__WEAK_KEY=warn while you take over from the legacy service with its present key"
            }
            WeakKey::WellKnown | WeakKey::TooShort | WeakKey::TooUniform => "",
        };
        named(&format!("{setting}: {weakness}{takeover}"))
    })
}
