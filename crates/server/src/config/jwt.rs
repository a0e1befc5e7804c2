//! `jwt`: what access tokens are signed with.

use super::reader::Reader;
use super::secrets::Secret;
use super::values;

/// `jwt`.
#[derive(Debug)]
pub(crate) struct JwtSettings {
    /// `None` where the key is generated into the data directory; only where all else is kept there.
    pub(crate) key: Option<Secret>,
    /// Keys that verify only.
    pub(crate) previous_keys: Vec<Secret>,
    pub(crate) key_id: Option<String>,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    /// `warn`: keys that can be guessed are used, with a warning.
    pub(crate) allow_guessable: bool,
}

impl JwtSettings {
    /// A key that other programs or instances know as well cannot be made up here.
    pub(super) fn read(reader: &mut Reader, is_shared: bool) -> Option<Self> {
        let key = if is_shared {
            reader.required_secret("jwt.key", "where a backend is not embedded")
        } else {
            reader.secret("jwt.key")
        };
        let previous_keys = reader.secrets("jwt.previous_keys");
        let key_id = reader.optional("jwt.key_id");
        let issuer = reader.read("jwt.issuer", values::text);
        let audience = reader.read("jwt.audience", values::text);
        let allow_guessable = reader.read("jwt.weak_key", |text| match text {
            "refuse" => Ok(false),
            "warn" => Ok(true),
            other => Err(format!("\"{other}\" is neither refuse nor warn")),
        });
        Some(Self {
            key,
            previous_keys,
            key_id,
            issuer: issuer?,
            audience: audience?,
            allow_guessable: allow_guessable?,
        })
    }
}
