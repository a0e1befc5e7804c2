//! `jwt`: the keys and claims of access tokens.

use super::reader::Reader;
use super::secret::Secret;
use super::{choices, values};

/// `jwt`
#[derive(Debug)]
pub(crate) struct JwtSettings {
    /// `None` if the key is generated into the data directory; this requires that both backends are embedded.
    pub(crate) key: Option<Secret>,
    /// The keys that only verify.
    pub(crate) previous_keys: Vec<Secret>,
    pub(crate) key_id: Option<String>,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    /// Whether a guessable key gives a warning instead of an error.
    pub(crate) allow_guessable: bool,
}

impl JwtSettings {
    /// Takes the section. With `is_shared`, other instances or programs use the key too, so it is not generated.
    pub(super) fn read(reader: &mut Reader, is_shared: bool) -> Option<Self> {
        let key = if is_shared {
            reader.required_secret("jwt.key", "if a backend is not embedded")
        } else {
            reader.secret("jwt.key")
        };
        let previous_keys = reader.secrets("jwt.previous_keys");
        let key_id = reader.optional("jwt.key_id", values::claim);
        let issuer = reader.read("jwt.issuer", values::claim);
        let audience = reader.read("jwt.audience", values::claim);
        let allow_guessable =
            reader.read("jwt.weak_key", |text| choices::choice(text, &[("refuse", false), ("warn", true)]));
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
