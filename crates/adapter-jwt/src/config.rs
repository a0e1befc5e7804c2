//! The settings under `JWT__`.

use crate::{ConfigError, SigningKey};

/// How access tokens are signed, and which ones are accepted.
#[derive(Debug)]
pub struct JwtConfig {
    /// `JWT__KEY`: signs new tokens and verifies them.
    pub key: SigningKey,
    /// `JWT__PREVIOUS_KEYS`: verify only, while the key is being changed.
    pub previous_keys: Vec<SigningKey>,
    /// `JWT__KEY_ID`: the `kid` of new tokens; without one no token with a `kid` is accepted.
    ///
    /// It names this set of keys, not one key: leave it as it is while a key is being changed.
    pub key_id: Option<String>,
    /// `JWT__ISSUER`: the exact `iss`.
    pub issuer: String,
    /// `JWT__AUDIENCE`: the exact `aud`.
    pub audience: String,
}

/// Bounds the length of a token: what else is in it is bounded by its own type.
const MAX_TEXT_BYTES: usize = 256;

impl JwtConfig {
    /// Takes the key; everything else is as the platform has it.
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

    /// Checks what the types of the fields leave open.
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
