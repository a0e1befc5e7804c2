//! `key`

use super::events;
use super::output::confirm;
use crate::command_error::CommandError;
use crate::compose;
use crate::config::Settings;

/// Replaces the generated signing key.
pub(super) fn rotate(settings: &Settings) -> Result<(), CommandError> {
    let data_dir = compose::rotate_key(settings)?;
    events::signing_key_rotated();
    confirm(&format!("{} is a new signing key", data_dir.key().display()));
    confirm("1. services that verify access tokens with a copy of the key must accept the new key, too");
    confirm(
        "2. restart the service, or send it SIGHUP: it signs with the new key, and accepts tokens of the former one",
    );
    confirm(&format!(
        "3. {} seconds after that, the former key is rejected: remove it from other services",
        settings.tokens.sessions.access_ttl.as_secs()
    ));
    Ok(())
}
