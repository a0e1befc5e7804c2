//! `credentials`: the store of users.

use super::choices;
use super::postgres;
use super::reader::Reader;
use super::server::PostgresSettings;

/// `credentials.backend`: the store of users.
#[derive(Debug)]
pub(crate) enum CredentialsBackend {
    /// The embedded store, in the data directory.
    Embedded,
    /// A Postgres database, of the HookSentry platform or of this service alone.
    Postgres(PostgresSettings),
}

impl CredentialsBackend {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let is_postgres = reader.read("credentials.backend", |text| {
            choices::choice(text, &[("embedded", false), ("postgres", true)])
        });
        let postgres = postgres::read(reader, is_postgres);
        if is_postgres? { postgres.map(Self::Postgres) } else { Some(Self::Embedded) }
    }
}
