#![doc = include_str!("../README.md")]

mod backup;
mod checkpoint;
mod checkpointer;
mod cleanup;
mod clock_jumps;
mod clock_watch;
mod config;
mod connection;
mod corrections;
mod database;
mod denylist;
mod diagnostics;
mod error;
mod files;
mod integrity;
mod job;
mod job_queue;
mod login_limiter;
mod login_retention;
mod maintenance;
mod mark;
mod migrations;
mod opening;
mod reader;
mod revocation;
mod savepoint;
mod schema;
mod session_store;
mod store_files;
mod stored;
mod user_repository;
mod writer;

// Imported only to compile SQLite into the program; Diesel calls it.
use libsqlite3_sys as _;

pub use backup::{BackupError, back_up};
pub use config::{OpenMode, SqliteConfig};
pub use database::SqliteDatabase;
pub use denylist::SqliteDenylist;
pub use diagnostics::diagnose_files;
pub use error::ConfigError;
pub use login_limiter::SqliteLoginLimiter;
pub use session_store::SqliteSessionStore;
pub use user_repository::SqliteUserRepository;
