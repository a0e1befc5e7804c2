//! The settings that `postgres` and `redis` have in common.

use std::path::PathBuf;

use super::secret::Secret;

/// The address of a server, and the protection of the connection.
#[derive(Debug)]
pub(crate) struct ServerSettings {
    /// The URL; it may contain a password.
    pub(crate) url: Secret,
    /// The trusted certificate authorities; `None` for those of the system.
    pub(crate) ca_file: Option<PathBuf>,
    /// The certificate of this client and its private key, if the server requires them.
    pub(crate) client_cert_file: Option<PathBuf>,
    pub(crate) client_key_file: Option<PathBuf>,
    /// Whether connections to another machine may be without TLS.
    pub(crate) allow_plain_text: bool,
}

/// `redis`: the servers, and how many replicas confirm a write.
#[derive(Debug)]
pub(crate) struct RedisSettings {
    pub(crate) server: ServerSettings,
    /// How many replicas confirm the writes of sessions and of the denylist.
    pub(crate) wait_replicas: u32,
}

/// `postgres`: the server, and the size of the pool.
#[derive(Debug)]
pub(crate) struct PostgresSettings {
    pub(crate) server: ServerSettings,
    /// The largest number of pooled connections.
    pub(crate) pool: usize,
    /// Whether a pooler runs each transaction in another server process.
    pub(crate) pools_transactions: bool,
}
