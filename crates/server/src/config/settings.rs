//! All settings, by section.

use std::path::PathBuf;
use std::time::Duration;

use auth_domain::model::{LoginPolicy, PasswordPolicy};

use super::admin::AdminSettings;
use super::audit::AuditTarget;
use super::credentials::CredentialsBackend;
use super::http::HttpSettings;
use super::jwt::JwtSettings;
use super::log::LogSettings;
use super::login_limit::LoginLimitSettings;
use super::password::PasswordSettings;
use super::reader::Reader;
use super::tokens::TokensSettings;
use super::values;

/// The timeout of a login's wait for other attempts and for the password queue together. It is not a setting: it is part of
/// the timeout of a request.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);

/// The settings of the program.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The directory of the embedded store and the generated key.
    pub(crate) data_dir: PathBuf,
    pub(crate) http: HttpSettings,
    pub(crate) admin: AdminSettings,
    pub(crate) credentials: CredentialsBackend,
    pub(crate) tokens: TokensSettings,
    pub(crate) jwt: JwtSettings,
    pub(crate) login_limit: LoginLimitSettings,
    pub(crate) password: PasswordSettings,
    pub(crate) log: LogSettings,
    pub(crate) audit: AuditTarget,
    /// The secrets in files that every user of the machine can read: the setting and the file.
    pub(crate) readable_secrets: Vec<String>,
}

impl Settings {
    /// Takes every setting; returns `None` if a problem was noted.
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        // Read before the backends, so that the key is required even if another setting of a backend is wrong.
        let on_servers = [
            reader.is_set_to("credentials.backend", "postgres"),
            reader.is_set_to("tokens.backend", "redis"),
        ];
        let is_shared = on_servers.contains(&true);
        let data_dir = reader.read("data_dir", values::path);
        if !on_servers.contains(&false) {
            // Nothing uses it, but the image always sets it.
            reader.taken.remove("data_dir");
        }
        let http = HttpSettings::read(reader);
        let admin = AdminSettings::read(reader);
        let credentials = CredentialsBackend::read(reader);
        let tokens = TokensSettings::read(reader);
        let jwt = JwtSettings::read(reader, is_shared);
        let login_limit = LoginLimitSettings::read(reader);
        let password = PasswordSettings::read(reader);
        let log = LogSettings::read(reader);
        let audit = AuditTarget::read(reader);
        Some(Self {
            data_dir: data_dir?,
            http: http?,
            admin: admin?,
            credentials: credentials?,
            tokens: tokens?,
            jwt: jwt?,
            login_limit: login_limit?,
            password: password?,
            log: log?,
            audit: audit?,
            readable_secrets: reader.take_readable_secrets(),
        })
    }

    /// Returns the rules of a login.
    pub(crate) const fn login_policy(&self) -> LoginPolicy {
        LoginPolicy { queue_wait: QUEUE_TIMEOUT, upgrade_hashes: self.password.upgrade }
    }

    /// Returns the rule for new passwords.
    pub(crate) const fn password_policy(&self) -> PasswordPolicy {
        PasswordPolicy { min_length: self.password.min_length }
    }
}
