//! `postgres`: the Postgres server of the store of users.

use super::reader::Reader;
use super::server::{PostgresSettings, ServerSettings};
use super::values;

const MAX_POOL: usize = 100;

/// Takes the section; `is_used` is whether `credentials.backend` chooses it.
pub(super) fn read(reader: &mut Reader, is_used: Option<bool>) -> Option<PostgresSettings> {
    let url = match is_used {
        Some(true) => reader.required_secret("postgres.url", "if CREDENTIALS__BACKEND is postgres"),
        Some(false) => reader.unused_secret("postgres.url", "CREDENTIALS__BACKEND is embedded"),
        None => reader.secret("postgres.url"),
    };
    let ca_file = reader.path("postgres.ca_file");
    let allow_plain_text = reader.read("postgres.allow_plain_text", values::switch);
    let pool = reader.read("postgres.pool", pool);
    let pools_transactions = reader.read("postgres.pooler", pools_transactions);
    let server = ServerSettings { url: url?, ca_file, allow_plain_text: allow_plain_text? };
    Some(PostgresSettings { server, pool: pool?, pools_transactions: pools_transactions? })
}

/// Parses the mode of the pooler.
fn pools_transactions(text: &str) -> Result<bool, String> {
    match text {
        "none" => Ok(false),
        "transaction" => Ok(true),
        "session" => Err("a pooler of sessions needs no setting; write none".to_owned()),
        "statement" => {
            Err("a pooler of statements is not supported; set its pool_mode to transaction".to_owned())
        }
        other => Err(format!("\"{other}\" is neither none nor transaction")),
    }
}

/// Parses the size of the pool. A server allows 100 connections by default, and each is a process of its own.
fn pool(text: &str) -> Result<usize, String> {
    let size = values::positive(text)?;
    if size > MAX_POOL {
        return Err(format!("it must be at most {MAX_POOL}; lookups do not use the pool"));
    }
    Ok(size)
}
