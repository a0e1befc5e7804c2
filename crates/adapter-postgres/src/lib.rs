#![doc = include_str!("../README.md")]

mod clock;
mod config;
mod connection;
mod database;
mod diagnostics;
mod error;
mod migrations;
mod readiness;
mod schema;
mod tables;
mod user_repository;

pub use config::{Pooler, PostgresConfig};
pub use database::PostgresDatabase;
pub use error::ConfigError;
pub use migrations::Migrated;
pub use user_repository::PostgresUserRepository;
