//! `postgres`: the Postgres server of the store of users.

use super::reader::Reader;
use super::server::{PostgresSettings, ServerSettings};
use super::{choices, numbers, url_files};

/// The largest size of the pool. A server allows 100 connections by default, and each is a process of its own.
const MAX_POOL: usize = 100;

/// The settings of the section.
const KEYS: [&str; 8] = [
    "postgres.url",
    "postgres.url_file",
    "postgres.ca_file",
    "postgres.client_cert_file",
    "postgres.client_key_file",
    "postgres.allow_plain_text",
    "postgres.pool",
    "postgres.pooler",
];

/// Takes the section; `is_used` is whether `credentials.backend` chooses it.
pub(super) fn read(reader: &mut Reader, is_used: Option<bool>) -> Option<PostgresSettings> {
    let url = match is_used {
        Some(true) => reader.required_secret("postgres.url", "if CREDENTIALS__BACKEND is postgres"),
        Some(false) => {
            reader.unused(&KEYS, "CREDENTIALS__BACKEND is embedded; remove it, or write postgres there");
            return None;
        }
        None => reader.secret("postgres.url"),
    };
    let url = url.filter(|url| url_files::check(reader, "postgres.url", url).is_ok());
    let ca_file = reader.path("postgres.ca_file");
    let client_cert_file = reader.path("postgres.client_cert_file");
    let client_key_file = reader.secret_path("postgres.client_key_file");
    let allow_plain_text = reader.read("postgres.allow_plain_text", choices::switch);
    let pool = reader.read("postgres.pool", |text| {
        numbers::within(text, &(1..=MAX_POOL))
            .map_err(|problem| format!("{problem} (lookups do not use the pool)"))
    });
    let pools_transactions = reader.read("postgres.pooler", pools_transactions);
    let server = ServerSettings {
        url: url?,
        ca_file: ca_file.ok()?,
        client_cert_file: client_cert_file.ok()?,
        client_key_file: client_key_file.ok()?,
        allow_plain_text: allow_plain_text?,
    };
    Some(PostgresSettings { server, pool: pool?, pools_transactions: pools_transactions? })
}

/// Parses the mode of the pooler.
fn pools_transactions(text: &str) -> Result<bool, String> {
    match text {
        "session" => Err("\"session\": a pooler of sessions needs no setting; write none".to_owned()),
        "statement" => {
            Err("\"statement\": a pooler of statements is not supported; set its pool_mode to transaction, and write transaction"
                .to_owned())
        }
        other => choices::choice(other, &[("none", false), ("transaction", true)]),
    }
}
