//! `postgres`: the Postgres server of the store of users.

use super::reader::Reader;
use super::server::ServerSettings;
use super::values;

/// Takes the section; `is_used` is whether `credentials.backend` chooses it.
pub(super) fn read(reader: &mut Reader, is_used: Option<bool>) -> Option<ServerSettings> {
    let url = match is_used {
        Some(true) => reader.required_secret("postgres.url", "if CREDENTIALS__BACKEND is postgres"),
        Some(false) => reader.unused_secret("postgres.url", "CREDENTIALS__BACKEND is embedded"),
        None => reader.secret("postgres.url"),
    };
    let ca_file = reader.path("postgres.ca_file");
    let allow_plain_text = reader.read("postgres.allow_plain_text", values::switch);
    Some(ServerSettings { url: url?, ca_file, allow_plain_text: allow_plain_text? })
}
