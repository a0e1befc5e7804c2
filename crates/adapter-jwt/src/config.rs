//! The settings under `JWT__`.

use crate::error::ConfigError;
use crate::signing_key::SigningKey;

/// The keys, key id, issuer and audience of issued and accepted tokens.
#[derive(Debug)]
pub struct JwtConfig {
    /// `JWT__KEY`: signs new tokens and verifies them.
    pub key: SigningKey,
    /// `JWT__PREVIOUS_KEYS`: keys that verify and do not sign, during a change of keys.
    pub previous_keys: Vec<SigningKey>,
    /// `JWT__KEY_ID`: the `kid` of issued tokens. If it is `None`, every token with a `kid` is rejected.
    ///
    /// The id names the whole set of keys, so it stays the same during a change of keys.
    pub key_id: Option<String>,
    /// `JWT__ISSUER`: the exact `iss`.
    pub issuer: String,
    /// `JWT__AUDIENCE`: the exact `aud`.
    pub audience: String,
}

/// The maximum length of an issuer, audience or key id. The types of the other claims limit their length.
const MAX_TEXT_BYTES: usize = 256;

impl JwtConfig {
    /// Returns the configuration of the HookSentry platform with this key.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self {
            key,
            previous_keys: Vec::new(),
            key_id: None,
            issuer: "hooksentry-api".to_owned(),
            audience: "hooksentry-client".to_owned(),
        }
    }

    /// Checks the length of the texts.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        check_text("JWT__ISSUER", &self.issuer)?;
        check_text("JWT__AUDIENCE", &self.audience)?;
        self.key_id.as_deref().map_or(Ok(()), |key_id| check_text("JWT__KEY_ID", key_id))
    }
}

fn check_text(setting: &'static str, text: &str) -> Result<(), ConfigError> {
    if text.is_empty() {
        return Err(ConfigError::Empty { setting });
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(ConfigError::TooLong { setting, limit: MAX_TEXT_BYTES });
    }
    Ok(())
}
