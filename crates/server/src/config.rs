//! Settings: `config/default.toml`, then the file named by `--config`, then the environment.

mod admin;
mod audit;
mod choices;
mod cors_origins;
mod credentials;
mod durations;
mod effective;
mod http;
mod jwt;
mod log;
mod log_filter;
mod login_limit;
mod numbers;
mod password;
mod paths;
mod postgres;
mod public;
mod ranges;
mod reader;
mod redis;
mod secret;
mod secret_file;
mod secret_origins;
mod secrets;
mod server;
mod settings;
mod source;
mod sources;
mod spelling;
mod standard_variables;
mod taken;
mod tokens;
mod trusted_file;
mod url_files;
mod values;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use crate::command_error::CommandError;
pub(crate) use audit::AuditTarget;
pub(crate) use credentials::CredentialsBackend;
pub(crate) use effective::EffectiveSetting;
use http::HttpSettings;
pub(crate) use log::{LogFormat, LogSettings};
pub(crate) use password::PasswordFormats;
use reader::Reader;
pub(crate) use secret::Secret;
pub(crate) use secret_file::SecretFile;
#[cfg(feature = "otlp")]
pub(crate) use secret_file::{path_in_message, printable_path};
pub(crate) use server::{PostgresSettings, RedisSettings, ServerSettings};
pub(crate) use settings::Settings;
pub(crate) use sources::ENVIRONMENT_PREFIX;
#[cfg(feature = "otlp")]
pub(crate) use standard_variables::is_unknown_of_exporter;
pub(crate) use standard_variables::standard_variables;
pub(crate) use tokens::{RecordFormat, TokensBackend, TokensSettings, Verification};

#[cfg(test)]
mod tests;

/// The defaults. This file is the only place that has them.
const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// The sources of the settings, as they were read once. The files with secrets that they name are read again each time.
pub(crate) struct Sources(Reader);

impl Sources {
    /// Reads the defaults, the file that the command line names, and the environment.
    pub(crate) fn read(file: Option<&Path>, environment: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut reader = Reader::of_defaults(DEFAULTS);
        if let Some(path) = file {
            reader.add_file(path);
        }
        reader.add_environment(environment);
        Self(reader)
    }

    /// Returns the address of the public listener. Other settings can be invalid, and no file with a secret is read.
    ///
    /// # Errors
    /// The problems of `HTTP__LISTEN` and of the sources themselves.
    pub(crate) fn listen_address(&self) -> Result<SocketAddr, String> {
        let mut reader = self.0.clone();
        let address = HttpSettings::read_listen(&mut reader);
        let problems = reader.take_problems();
        address.filter(|_| problems.is_empty()).ok_or_else(|| problems.join("; "))
    }

    /// Returns the settings, or every problem at once, together with the problems that `check` finds.
    ///
    /// # Errors
    /// [`CommandError::Settings`].
    pub(crate) fn settings(
        &self,
        check: impl FnOnce(&Settings) -> Vec<String>,
    ) -> Result<Settings, CommandError> {
        self.effective(check).1
    }

    /// Returns the settings in force with their sources, and what [`settings`](Self::settings) returns.
    pub(crate) fn effective(
        &self,
        check: impl FnOnce(&Settings) -> Vec<String>,
    ) -> (Vec<EffectiveSetting>, Result<Settings, CommandError>) {
        let mut reader = self.0.clone();
        let settings = Settings::read(&mut reader);
        let effective = effective::settings(&self.0.settings, &reader.taken);
        let origins = std::mem::take(&mut reader.origins);
        let mut problems = reader.finish();
        let found = settings.as_ref().map(check).unwrap_or_default();
        problems.extend(found.into_iter().map(|problem| origins.named(problem)));
        (effective, settings.filter(|_| problems.is_empty()).ok_or(CommandError::Settings(problems)))
    }
}

/// Returns the settings of sources that are read once.
#[cfg(test)]
pub(crate) fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (OsString, OsString)>,
    check: impl FnOnce(&Settings) -> Vec<String>,
) -> Result<Settings, CommandError> {
    Sources::read(file, environment).settings(check)
}
