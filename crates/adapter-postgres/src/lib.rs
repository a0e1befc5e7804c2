#![doc = include_str!("../README.md")]

mod address;
mod config;
mod connector;
mod database;
mod diagnostics;
mod error;
mod limits;
mod links;
mod migrations;
mod pool;
mod readiness;
mod schema;
mod server_clock;
mod servers;
mod tables;
mod tls;
mod user_repository;

pub use config::{ConfigError, PostgresConfig};
pub use database::PostgresDatabase;
pub use migrations::Migrated;
pub use user_repository::PostgresUserRepository;
