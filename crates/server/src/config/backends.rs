//! `credentials`, `tokens`, `postgres` and `redis`: where things are kept.

use std::path::PathBuf;

use super::reader::Reader;
use super::secrets::Secret;
use super::values;

/// Where users are kept.
#[derive(Debug)]
pub(crate) enum CredentialsBackend {
    /// In the data directory.
    Embedded,
    /// In a database of the platform, or one of our own.
    Postgres(ServerSettings),
}

/// Where sessions, revoked tokens and failed logins are kept.
#[derive(Debug)]
pub(crate) enum TokensBackend {
    /// In the data directory.
    Embedded,
    /// In a Redis that several instances may share.
    Redis(ServerSettings),
}

/// How protected endpoints learn that a token was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    /// The store is asked for each request.
    Strict,
    /// A copy in this process follows the store.
    Cached,
}

/// `postgres` and `redis`: a server, and how the way there is kept safe.
#[derive(Debug)]
pub(crate) struct ServerSettings {
    /// It may hold a password.
    pub(crate) url: Secret,
    /// The authorities to trust; those of the system where there is none.
    pub(crate) ca_file: Option<PathBuf>,
    /// Whether a server on another machine may be talked to without TLS.
    pub(crate) allow_plain_text: bool,
}

/// What a `backend` setting says.
enum Choice {
    Embedded,
    /// The one server that there is for it; `None` once a problem was noted.
    Server(Option<ServerSettings>),
}

impl CredentialsBackend {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        Some(match choice(reader, "credentials", "postgres")? {
            Choice::Embedded => Self::Embedded,
            Choice::Server(server) => Self::Postgres(server?),
        })
    }
}

impl TokensBackend {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        Some(match choice(reader, "tokens", "redis")? {
            Choice::Embedded => Self::Embedded,
            Choice::Server(server) => Self::Redis(server?),
        })
    }
}

impl Verification {
    /// Takes the setting, which has to fit `tokens`, where that is known.
    pub(super) fn read(reader: &mut Reader, tokens: Option<&TokensBackend>) -> Option<Self> {
        let mode = reader.read("tokens.verification", |text| match text {
            "strict" => Ok(Self::Strict),
            "cached" => Ok(Self::Cached),
            other => Err(format!("\"{other}\" is neither strict nor cached")),
        })?;
        if let (Self::Cached, Some(TokensBackend::Embedded)) = (mode, tokens) {
            reader.object_to(
                "tokens.verification",
                "the embedded store always reads its file; remove it, or set TOKENS__BACKEND to redis",
            );
        }
        Some(mode)
    }
}

/// Takes `<what>.backend` and the whole section of its `server`, whether or not that is chosen.
fn choice(reader: &mut Reader, what: &str, server: &str) -> Option<Choice> {
    let on_server = reader.read(&format!("{what}.backend"), |text| match text {
        "embedded" => Ok(false),
        _ if text == server => Ok(true),
        _ => Err(format!("\"{text}\" is no store; write embedded or {server}")),
    });
    let (url, setting) = (format!("{server}.url"), format!("{}__BACKEND", what.to_uppercase()));
    let url = match on_server {
        Some(true) => reader.required_secret(&url, &format!("where {setting} is {server}")),
        Some(false) => reader.unused_secret(&url, &format!("{setting} is embedded")),
        None => reader.secret(&url),
    };
    let ca_file = reader.path(&format!("{server}.ca_file"));
    let allow_plain_text = reader.read(&format!("{server}.allow_plain_text"), values::switch);
    if !on_server? {
        return Some(Choice::Embedded);
    }
    Some(Choice::Server(url.zip(allow_plain_text).map(|(url, allow_plain_text)| ServerSettings {
        url,
        ca_file,
        allow_plain_text,
    })))
}
