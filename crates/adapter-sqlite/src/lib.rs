#![doc = include_str!("../README.md")]

mod config;
mod connection;
mod database;
mod denylist;
mod error;
mod files;
mod job;
mod login_limiter;
mod maintenance;
mod migrations;
mod opening;
mod queue;
mod readers;
mod readiness;
mod rubbish;
mod schema;
mod session_store;
mod stored;
mod threads;
mod user_repository;
mod writer;

// Only to compile SQLite in: diesel does the talking.
use libsqlite3_sys as _;

pub use config::SqliteConfig;
pub use database::SqliteDatabase;
pub use denylist::SqliteDenylist;
pub use error::OpenError;
pub use login_limiter::SqliteLoginLimiter;
pub use session_store::SqliteSessionStore;
pub use user_repository::SqliteUserRepository;
