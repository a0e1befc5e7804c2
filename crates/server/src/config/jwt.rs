//! `jwt`: what access tokens are signed with.

use super::reader::{Reader, Secret};
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
}

impl JwtSettings {
    /// A key that other programs or instances know as well cannot be made up here.
    pub(super) fn read(reader: &mut Reader, is_shared: bool) -> Option<Self> {
        let key = if is_shared {
            reader.required_secret("jwt.key", "where a backend is not embedded")
        } else {
            reader.secret("jwt.key")
        };
        let previous = reader.secret("jwt.previous_keys");
        let previous_keys = previous.iter().flat_map(|keys| values::items(keys.expose()));
        let previous_keys = previous_keys.map(|key| Secret::new(key.to_owned())).collect();
        let key_id = reader.optional("jwt.key_id");
        let issuer = reader.read("jwt.issuer", values::text);
        let audience = reader.read("jwt.audience", values::text);
        Some(Self { key, previous_keys, key_id, issuer: issuer?, audience: audience? })
    }
}
