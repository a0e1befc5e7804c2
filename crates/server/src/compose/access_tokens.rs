//! Access tokens: JSON Web Tokens.

use std::sync::Arc;

use auth_adapter_jwt::{JwtAccessTokens, JwtConfig, SigningKey};
use auth_domain::ports::AccessTokens;

use super::named;
use crate::config::{Secret, Settings};

/// Signs and verifies with `key`; the error names the setting at fault.
pub(crate) fn of(settings: &Settings, key: &Secret) -> Result<Arc<dyn AccessTokens>, String> {
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
    let access_tokens = JwtAccessTokens::new(config).map_err(|problem| named(&problem))?;
    Ok(Arc::new(access_tokens))
}
