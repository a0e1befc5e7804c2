//! The settings by section, each checked when it is read.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use auth_domain::model::{PasswordPolicy, SessionPolicy};
use ipnet::IpNet;

use super::reader::{Reader, Secret};
use super::values;

/// Everything that can be set.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) http: HttpSettings,
    /// Where the embedded store and the generated key live.
    pub(crate) data_dir: PathBuf,
    pub(crate) jwt: JwtSettings,
    /// Lifetimes of tokens and sessions.
    pub(crate) sessions: SessionPolicy,
    /// How long a denylist entry outlives its token.
    pub(crate) denylist_margin: Duration,
    pub(crate) login_limit: LoginLimitSettings,
    pub(crate) password: PasswordSettings,
    pub(crate) log: LogSettings,
}

/// `http`: the public listener.
#[derive(Debug)]
pub(crate) struct HttpSettings {
    pub(crate) listen: SocketAddr,
    /// Peers whose word on the client's address is taken.
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) client_address_header: ClientAddressHeader,
    /// How long the listener goes on after readiness has failed on SIGTERM.
    pub(crate) drain_delay: Duration,
}

/// The one header that a trusted proxy names the client in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAddressHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// `jwt`: what access tokens are signed with.
#[derive(Debug)]
pub(crate) struct JwtSettings {
    /// `None` where the key is generated into the data directory.
    pub(crate) key: Option<Secret>,
    /// Keys that verify only.
    pub(crate) previous_keys: Vec<Secret>,
    pub(crate) key_id: Option<String>,
    pub(crate) issuer: String,
    pub(crate) audience: String,
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

/// `log`.
#[derive(Debug)]
pub(crate) struct LogSettings {
    /// `None`: for people on a terminal, JSON lines otherwise.
    pub(crate) format: Option<LogFormat>,
    pub(crate) filter: String,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Takes every setting; `None` when a problem was noted.
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let http = HttpSettings::read(reader);
        let data_dir = reader.read("data_dir", |text| values::text(text).map(PathBuf::from));
        let credentials = reader.read("credentials.backend", |text| embedded(text, "postgres"));
        let tokens = reader.read("tokens.backend", |text| embedded(text, "redis"));
        let jwt = JwtSettings::read(reader);
        let sessions = session_policy(reader);
        let denylist_margin = reader.read("tokens.denylist_margin", values::denylist_margin);
        let login_limit = LoginLimitSettings::read(reader);
        let password = PasswordSettings::read(reader);
        let log = LogSettings::read(reader);
        credentials.and(tokens)?;
        Some(Self {
            http: http?,
            data_dir: data_dir?,
            jwt: jwt?,
            sessions: sessions?,
            denylist_margin: denylist_margin?,
            login_limit: login_limit?,
            password: password?,
            log: log?,
        })
    }
}

impl Settings {
    /// What a new password must satisfy.
    pub(crate) const fn password_policy(&self) -> PasswordPolicy {
        PasswordPolicy { min_length: self.password.min_length }
    }
}

impl HttpSettings {
    fn read(reader: &mut Reader) -> Option<Self> {
        let listen = reader.read("http.listen", values::address);
        let trusted_proxies = reader.read("http.trusted_proxies", values::networks);
        let header = reader.read("http.client_address_header", |text| match text {
            "x-forwarded-for" => Ok(ClientAddressHeader::XForwardedFor),
            "forwarded" => Ok(ClientAddressHeader::Forwarded),
            other => Err(format!("\"{other}\" is neither x-forwarded-for nor forwarded")),
        });
        let drain_delay = reader.read("http.drain_delay", values::duration);
        Some(Self {
            listen: listen?,
            trusted_proxies: trusted_proxies?,
            client_address_header: header?,
            drain_delay: drain_delay?,
        })
    }
}

impl JwtSettings {
    fn read(reader: &mut Reader) -> Option<Self> {
        let key = reader.secret("jwt.key");
        let previous = reader.secret("jwt.previous_keys");
        let previous_keys = previous.iter().flat_map(|keys| values::items(keys.expose()));
        let previous_keys = previous_keys.map(|key| Secret::new(key.to_owned())).collect();
        let key_id = reader.optional("jwt.key_id");
        let issuer = reader.read("jwt.issuer", values::text);
        let audience = reader.read("jwt.audience", values::text);
        Some(Self { key, previous_keys, key_id, issuer: issuer?, audience: audience? })
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

impl LogSettings {
    fn read(reader: &mut Reader) -> Option<Self> {
        let format = reader.read("log.format", |text| match text {
            "auto" => Ok(None),
            "pretty" => Ok(Some(LogFormat::Pretty)),
            "json" => Ok(Some(LogFormat::Json)),
            other => Err(format!("\"{other}\" is neither auto, pretty nor json")),
        });
        let filter = reader.read("log.filter", values::log_filter);
        Some(Self { format: format?, filter: filter? })
    }
}

fn session_policy(reader: &mut Reader) -> Option<SessionPolicy> {
    let access_ttl = reader.read("tokens.access_ttl", values::whole_seconds);
    let refresh_ttl = reader.read("tokens.refresh_ttl", values::lifetime);
    let session_ttl = reader.read("tokens.session_ttl", values::lifetime);
    let reuse_leeway = reader.read("tokens.reuse_leeway", values::duration);
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

/// Every store of this version is the embedded one.
fn embedded(text: &str, other: &str) -> Result<(), String> {
    match text {
        "embedded" => Ok(()),
        _ if text == other => Err(format!("this version has no {other} store yet; write embedded")),
        _ => Err(format!("\"{text}\" is no store; write embedded")),
    }
}
