#![doc = include_str!("../README.md")]

mod address;
mod caching_denylist;
mod clock;
mod config;
mod connection;
mod connector;
mod denylist;
mod denylist_cache;
mod diagnostics;
mod error;
mod keys;
mod legacy_refresh_tokens;
mod login_limiter;
mod packed;
mod query;
mod record_format;
mod revocation_checks;
mod rights;
mod script_call;
mod script_reply;
mod scripts;
mod server_error;
mod session_store;
mod store;
mod tls;
mod tls_connector;

pub use caching_denylist::{CachingDenylist, DenylistCacheState};
pub use config::RedisConfig;
pub use denylist::{RedisDenylist, RevocationPolicy};
pub use error::ConfigError;
pub use legacy_refresh_tokens::RedisLegacyRefreshTokens;
pub use login_limiter::RedisLoginLimiter;
pub use record_format::RecordFormat;
pub use session_store::RedisSessionStore;
pub use store::RedisStore;
