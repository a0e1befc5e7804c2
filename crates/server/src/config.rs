//! Settings: `config/default.toml`, then the file named by `--config`, then the environment.

mod admin;
mod backends;
mod cors_origins;
mod http;
mod jwt;
mod log;
mod reader;
mod secrets;
mod sections;
mod sources;
mod trusted_file;
mod trusted_proxies;
mod values;

use std::ffi::OsString;
use std::path::Path;

pub(crate) use backends::{CredentialsBackend, ServerSettings, TokensBackend, Verification};
pub(crate) use http::{ClientAddressHeader, HttpSettings};
pub(crate) use log::{LogFormat, LogSettings};
pub(crate) use secrets::{Secret, SecretFile};
pub(crate) use sections::Settings;

use crate::command_error::CommandError;
use reader::Reader;

#[cfg(test)]
mod tests;

/// What every environment variable of this program begins with.
pub(crate) const ENVIRONMENT_PREFIX: &str = "HOOKSENTRY_AUTH__";

/// The defaults, compiled in; the file is also the list of what can be set.
const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Reads all sources and reports every problem at once, those that only `check` can see included.
pub(crate) fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (OsString, OsString)>,
    check: impl FnOnce(&Settings) -> Vec<String>,
) -> Result<Settings, CommandError> {
    let mut reader = Reader::default();
    reader.add_toml("the defaults", DEFAULTS);
    if let Some(path) = file {
        reader.add_file(path);
    }
    reader.add_environment(environment);
    let settings = Settings::read(&mut reader);
    let mut problems = reader.finish();
    problems.extend(settings.as_ref().map(check).unwrap_or_default());
    settings.filter(|_| problems.is_empty()).ok_or(CommandError::Settings(problems))
}
