//! The dependencies that each crate may have.

use crate::packages::{
    DOMAIN, FUZZING, HTTP_INPUT, JWT, SERVER, STORE_CONNECTION, STRICT_JSON, TESTKIT, TESTS, VERIFIER,
};

/// The crates that the domain may depend on.
pub(crate) const OF_THE_DOMAIN: &[&str] = &[
    "async-trait",
    "chacha20poly1305",
    "hkdf",
    "mockall",
    "sha2",
    "subtle",
    "thiserror",
    "time",
    "uuid",
    "zeroize",
];
/// The crates that every adapter may depend on: the runtime, and crates without I/O.
pub(crate) const OF_ANY_ADAPTER: &[&str] = &[
    "async-trait",
    "base64",
    "bytes",
    "futures-util",
    "serde",
    "serde_json",
    "subtle",
    "thiserror",
    "time",
    "tokio",
    "tracing",
    "uuid",
    "zeroize",
];
/// The crates that may depend on each driver. The tests read and change the embedded store, and the benchmarks of the verifier and of
/// the server compare them with `jsonwebtoken` and Argon2 alone; none of that is shipped.
pub(crate) const DRIVERS: &[(&str, &[&str])] = &[
    ("actix-http", &[SERVER]),
    ("actix-web", &[VERIFIER, SERVER]),
    ("arc-swap", &["auth-adapter-redis", STORE_CONNECTION, SERVER]),
    ("argon2", &["auth-adapter-argon2", SERVER]),
    ("argon2-rust", &["auth-adapter-argon2", SERVER]),
    ("bcrypt", &["auth-adapter-argon2"]),
    ("crc16", &["auth-adapter-redis"]),
    ("crossbeam-channel", &["auth-adapter-sqlite"]),
    ("dashmap", &["auth-adapter-redis"]),
    ("deadpool-redis", &["auth-adapter-redis"]),
    ("diesel", &["auth-adapter-postgres", "auth-adapter-sqlite", TESTS]),
    ("diesel-async", &["auth-adapter-postgres"]),
    ("diesel_migrations", &["auth-adapter-postgres", "auth-adapter-sqlite"]),
    ("foldhash", &["auth-adapter-redis"]),
    ("hyper-rustls", &[SERVER]),
    ("jsonwebtoken", &[JWT, VERIFIER]),
    ("libsqlite3-sys", &["auth-adapter-sqlite", TESTS]),
    ("opentelemetry", &[SERVER]),
    ("opentelemetry-http", &[SERVER]),
    ("opentelemetry-otlp", &[SERVER]),
    ("opentelemetry-proto", &[SERVER, TESTS]),
    ("opentelemetry_sdk", &[SERVER]),
    ("pbkdf2", &["auth-adapter-argon2"]),
    ("procfs", &[SERVER]),
    ("prometheus-client", &[SERVER]),
    ("prost", &[SERVER, TESTS]),
    ("quick_cache", &[JWT]),
    ("redis", &["auth-adapter-redis"]),
    ("rustix", &["auth-adapter-argon2", "auth-adapter-sqlite", SERVER, TESTKIT, TESTS]),
    ("rustls", &["auth-adapter-postgres", "auth-adapter-redis", STORE_CONNECTION]),
    ("rustls-native-certs", &[STORE_CONNECTION]),
    ("scrypt", &["auth-adapter-argon2"]),
    ("sha2", &[DOMAIN, "auth-adapter-argon2", JWT, SERVER, FUZZING, TESTS]),
    ("tokio-postgres", &["auth-adapter-postgres"]),
    ("tokio-rustls", &["auth-adapter-redis"]),
    ("tokio-postgres-rustls", &["auth-adapter-postgres"]),
    ("tracing-opentelemetry", &[SERVER]),
    ("zxcvbn", &[JWT, SERVER]),
];
/// The crates of this workspace that the server may depend on.
pub(crate) const OF_THE_SERVER: &[&str] = &[
    DOMAIN,
    "auth-adapter-argon2",
    JWT,
    "auth-adapter-postgres",
    "auth-adapter-redis",
    "auth-adapter-sqlite",
    HTTP_INPUT,
    STORE_CONNECTION,
    STRICT_JSON,
    VERIFIER,
];
/// The crates with parsers that have fuzz targets.
pub(crate) const OF_FUZZING: &[&str] = &[
    DOMAIN,
    "auth-adapter-argon2",
    JWT,
    "auth-adapter-postgres",
    "auth-adapter-redis",
    HTTP_INPUT,
    STRICT_JSON,
    VERIFIER,
];
/// The crates of this workspace that the verifier may depend on. The adapters are optional.
pub(crate) const OF_THE_VERIFIER: &[&str] = &[DOMAIN, JWT, "auth-adapter-redis"];
/// Crates for I/O, databases, HTTP, randomness or threads.
pub(crate) const FORBIDDEN_IN_THE_DOMAIN: &[&str] = &[
    "actix",
    "async-std",
    "axum",
    "diesel",
    "getrandom",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "polling",
    "rand",
    "redis",
    "reqwest",
    "rusqlite",
    "rustix",
    "sea-orm",
    "socket2",
    "sqlx",
    "tokio",
    "tower",
    "tracing-subscriber",
];
