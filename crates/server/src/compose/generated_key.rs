//! The generated signing key of the embedded store.

use std::time::Duration;

use auth_adapter_jwt::LEEWAY;
use auth_domain::ports::{Clock, Entropy};
use time::OffsetDateTime;

use crate::command_error::CommandError;
use crate::config::{Secret, Settings};
use crate::data_dir::{DataDir, Missing, PreviousKey};
use crate::system::{SystemClock, SystemEntropy};

/// Reads the generated signing key again and, after a rotation, the key before it.
///
/// # Errors
/// [`CommandError`] if the files cannot be used.
pub(super) fn read_keys(
    settings: &Settings,
    now: OffsetDateTime,
    entropy: &dyn Entropy,
) -> Result<(Secret, Option<PreviousKey>), CommandError> {
    let data_dir = DataDir::open(&settings.data_dir, Missing::Fail)?;
    let _lock = data_dir.lock_for_setup(Missing::Fail)?;
    let key = data_dir.signing_key(entropy, Missing::Fail)?;
    Ok((key, data_dir.previous_key(now, previous_lifetime(settings), entropy)?))
}

/// The time for which tokens of the previous key may be valid.
pub(super) fn previous_lifetime(settings: &Settings) -> Duration {
    settings.tokens.sessions.access_ttl + LEEWAY
}

/// Replaces the generated signing key by a new one. Returns the data directory.
///
/// # Errors
/// [`CommandError`] if the key is a setting, or if the files cannot be used.
pub(crate) fn rotate_key(settings: &Settings) -> Result<DataDir, CommandError> {
    if settings.jwt.key.is_some() {
        return Err(CommandError::Failed(
            "the signing key is set by HOOKSENTRY_AUTH__JWT__KEY; change it in three steps: add the new key to \
             JWT__PREVIOUS_KEYS, exchange the two, and remove the old key after one access-token lifetime"
                .to_owned(),
        ));
    }
    let data_dir = DataDir::open(&settings.data_dir, Missing::Fail)?;
    let _lock = data_dir.lock_for_setup(Missing::Fail)?;
    // A missing key has an error of its own.
    data_dir.signing_key(&SystemEntropy, Missing::Fail)?;
    data_dir.rotate_key(SystemClock.now(), &SystemEntropy)?;
    Ok(data_dir)
}
