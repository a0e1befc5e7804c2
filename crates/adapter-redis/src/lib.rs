#![doc = include_str!("../README.md")]

mod address;
mod cached_denylist;
mod config;
mod denylist;
mod denylist_copy;
mod diagnostics;
mod error;
mod keys;
mod legacy_refresh_tokens;
mod link;
mod links;
mod login_limiter;
mod reply;
mod scripts;
mod server_clock;
mod session_store;
mod step;
mod store;
mod tls;

pub use cached_denylist::{CopyState, RedisCachedDenylist};
pub use config::{ConfigError, RedisConfig};
pub use denylist::RedisDenylist;
pub use legacy_refresh_tokens::RedisLegacyRefreshTokens;
pub use login_limiter::RedisLoginLimiter;
pub use session_store::RedisSessionStore;
pub use store::RedisStore;
