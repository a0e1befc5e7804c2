//! Access tokens: JSON Web Tokens. Also the rules for secrets, which the JWT adapter owns.

use std::sync::Arc;

use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, SigningKey, WeakKey, check_secret};
use auth_domain::ports::AccessTokens;

use super::named;
use crate::config::{Secret, Settings};

const KEY: &str = "JWT__KEY";
const PREVIOUS_KEYS: &str = "JWT__PREVIOUS_KEYS";
const ADMIN_SECRET: &str = "ADMIN__SECRET";

/// Signs and verifies with `key`; the error names the setting at fault.
pub(crate) fn of(settings: &Settings, key: &Secret) -> Result<Arc<dyn AccessTokens>, String> {
    let jwt = &settings.jwt;
    let previous_keys = jwt.previous_keys.iter().map(|key| signing_key(settings, PREVIOUS_KEYS, key));
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
pub(super) fn admin_secret_problem(settings: &Settings, key: Option<&Secret>) -> Option<String> {
    let secret = settings.admin.secret.as_ref()?;
    let mut keys = key.into_iter().chain(&settings.jwt.previous_keys);
    if keys.any(|key| key.expose() == secret.expose()) {
        return Some(named(&format!(
            "{ADMIN_SECRET}: the secret is also a key of {KEY} or {PREVIOUS_KEYS}; a caller of the admin listener could sign \
             tokens. Make one of its own with `openssl rand -hex 32`"
        )));
    }
    check_secret(secret.expose()).err().map(|weakness| named(&format!("{ADMIN_SECRET}: {weakness}")))
}

/// Returns a warning for each setting whose key can be guessed and is used all the same.
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
                "{setting}: the key can be guessed, and JWT__WEAK_KEY=warn lets it be used; everyone who guesses it can \
                 sign tokens. Change it everywhere, and remove JWT__WEAK_KEY"
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
                ", or set JWT__WEAK_KEY=warn for a takeover with the present key of the platform"
            }
            WeakKey::WellKnown | WeakKey::TooShort | WeakKey::TooUniform => "",
        };
        named(&format!("{setting}: {weakness}{takeover}"))
    })
}
