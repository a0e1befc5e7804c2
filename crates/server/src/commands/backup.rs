//! `backup`

use std::path::Path;

use super::output::confirm;
use crate::command_error::CommandError;
use crate::compose;
use crate::config::Settings;

/// Copies the embedded store into a new file.
pub(super) fn run(settings: &Settings, file: &Path) -> Result<(), CommandError> {
    let data_dir = compose::back_up(settings, file)?;
    confirm(&format!("{} is a complete copy of {}", file.display(), data_dir.database().display()));
    confirm(&match settings.jwt.key {
        None => format!("it does not contain the signing key: also copy {}", data_dir.key().display()),
        Some(_) => "it does not contain the signing key: keep a copy of JWT__KEY, too".to_owned(),
    });
    Ok(())
}
