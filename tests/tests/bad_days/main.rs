//! Problems that operators of login services have reported, one kind in each file: each is caused here, and the service detects or
//! survives it as the section "When something goes wrong" of `docs/operations.md` says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backups;
mod certificates;
mod clocks;
mod hosts;
mod keys;
mod memory;
mod password_formats;
mod pooler;
mod postgres_connections;
mod protocols;
mod readiness;
mod redis_connections;
mod redis_rights;
mod secrets;
mod settings;
mod store_files;
mod users;
mod visibility;
