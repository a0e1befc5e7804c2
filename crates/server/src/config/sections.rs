//! The settings by section, each checked when it is read.

use std::path::PathBuf;
use std::time::Duration;

use auth_domain::model::{PasswordPolicy, SessionPolicy};

use super::admin::AdminSettings;
use super::backends::{CredentialsBackend, TokensBackend, Verification};
use super::http::HttpSettings;
use super::jwt::JwtSettings;
use super::log::LogSettings;
use super::reader::Reader;
use super::values;

/// Within the grace period, the reuse of a stolen token is not detected. So it may only be long enough for racing requests.
const LONGEST_REUSE_LEEWAY: Duration = Duration::from_mins(1);

/// Everything that can be set.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) http: HttpSettings,
    pub(crate) admin: AdminSettings,
    pub(crate) credentials: CredentialsBackend,
    pub(crate) tokens: TokensBackend,
    /// Where the embedded store and the generated key live.
    pub(crate) data_dir: PathBuf,
    pub(crate) jwt: JwtSettings,
    /// Lifetimes of tokens and sessions.
    pub(crate) sessions: SessionPolicy,
    /// How long a denylist entry outlives its token.
    pub(crate) denylist_margin: Duration,
    /// How protected endpoints ask the denylist.
    pub(crate) verification: Verification,
    pub(crate) login_limit: LoginLimitSettings,
    pub(crate) password: PasswordSettings,
    pub(crate) log: LogSettings,
    /// Secrets in files that every user of the machine can read: the setting, and the file.
    pub(crate) readable_secrets: Vec<String>,
}

/// `login_limit`: failures per email and per address.
#[derive(Debug)]
pub(crate) struct LoginLimitSettings {
    pub(crate) max_failures: u32,
    pub(crate) window: Duration,
}

/// `password`: Argon2id and the rule for new passwords.
#[derive(Debug)]
pub(crate) struct PasswordSettings {
    pub(crate) memory_kib: u32,
    pub(crate) iterations: u32,
    pub(crate) parallelism: u32,
    pub(crate) concurrency: usize,
    pub(crate) min_length: usize,
    pub(crate) legacy: bool,
    pub(crate) upgrade: bool,
}

impl Settings {
    /// Takes every setting; `None` when a problem was noted.
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let http = HttpSettings::read(reader);
        // Asked before they are taken: a setting beside them may be wrong, too.
        let is_shared =
            reader.says("credentials.backend", "postgres") || reader.says("tokens.backend", "redis");
        let data_dir = reader.read("data_dir", |text| values::text(text).map(PathBuf::from));
        let admin = AdminSettings::read(reader);
        let credentials = CredentialsBackend::read(reader);
        let tokens = TokensBackend::read(reader);
        let jwt = JwtSettings::read(reader, is_shared);
        let sessions = session_policy(reader);
        let denylist_margin = reader.read("tokens.denylist_margin", values::denylist_margin);
        let verification = Verification::read(reader, tokens.as_ref());
        let login_limit = LoginLimitSettings::read(reader);
        let password = PasswordSettings::read(reader);
        let log = LogSettings::read(reader);
        Some(Self {
            http: http?,
            admin: admin?,
            credentials: credentials?,
            tokens: tokens?,
            data_dir: data_dir?,
            jwt: jwt?,
            sessions: sessions?,
            denylist_margin: denylist_margin?,
            verification: verification?,
            login_limit: login_limit?,
            password: password?,
            log: log?,
            readable_secrets: std::mem::take(&mut reader.readable_secrets),
        })
    }
}

impl Settings {
    /// What a new password must satisfy.
    pub(crate) const fn password_policy(&self) -> PasswordPolicy {
        PasswordPolicy { min_length: self.password.min_length }
    }
}

impl LoginLimitSettings {
    fn read(reader: &mut Reader) -> Option<Self> {
        let max_failures = reader.read("login_limit.max_failures", values::positive);
        let window = reader.read("login_limit.window", values::lifetime);
        Some(Self { max_failures: max_failures?, window: window? })
    }
}

impl PasswordSettings {
    fn read(reader: &mut Reader) -> Option<Self> {
        let memory_kib = reader.read("password.memory_kib", values::positive);
        let iterations = reader.read("password.iterations", values::positive);
        let parallelism = reader.read("password.parallelism", values::positive);
        let concurrency = reader.read("password.concurrency", values::positive_or_cores);
        let min_length = reader.read("password.min_length", values::positive);
        let legacy = reader.read("password.legacy", values::switch);
        let upgrade = reader.read("password.upgrade", values::switch);
        Some(Self {
            memory_kib: memory_kib?,
            iterations: iterations?,
            parallelism: parallelism?,
            concurrency: concurrency?,
            min_length: min_length?,
            legacy: legacy?,
            upgrade: upgrade?,
        })
    }
}

fn session_policy(reader: &mut Reader) -> Option<SessionPolicy> {
    let access_ttl = reader.read("tokens.access_ttl", values::whole_seconds);
    let refresh_ttl = reader.read("tokens.refresh_ttl", values::lifetime);
    let session_ttl = reader.read("tokens.session_ttl", values::lifetime);
    let reuse_leeway = reader.read("tokens.reuse_leeway", |text| values::at_most(text, LONGEST_REUSE_LEEWAY));
    let max_sessions = reader.read("tokens.max_sessions", values::positive);
    let policy = SessionPolicy {
        access_ttl: access_ttl?,
        refresh_ttl: refresh_ttl?,
        session_ttl: session_ttl?,
        reuse_leeway: reuse_leeway?,
        max_sessions: max_sessions?,
    };
    if policy.access_ttl > policy.refresh_ttl || policy.refresh_ttl > policy.session_ttl {
        reader.object(
            "tokens.access_ttl, tokens.refresh_ttl, tokens.session_ttl: none may exceed the next one",
        );
    }
    Some(policy)
}
