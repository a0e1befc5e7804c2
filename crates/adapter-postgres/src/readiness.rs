//! What the readiness check asks on a connection.

use diesel::dsl::sql;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;

use crate::connection::{OpenConnection, PROCESS};
use crate::error::StoreError;

/// Writes a message to the write-ahead log. It needs no table and no privilege. Logical replication passes it only to
/// subscribers that ask for messages.
const MESSAGE: &str = "pg_logical_emit_message(true, 'hooksentry-auth', 'readiness')::text";
/// The message for a database that is read-only.
pub(crate) const READ_ONLY: &str = "the database is read-only; name a writable one in POSTGRES__URL";
const IS_READ_ONLY: &str = "current_setting('transaction_read_only')::boolean";

/// Commits a write, and returns the server process that asked for it. A server whose disk is full rejects it.
///
/// # Errors
/// `Misconfigured` if the database is read-only.
pub(crate) async fn commit_a_write(mut connection: &OpenConnection) -> Result<String, StoreError> {
    let question = diesel::select((sql::<Bool>(IS_READ_ONLY), sql::<Text>(PROCESS)));
    let (is_read_only, process): (bool, String) = question.get_result(&mut connection).await?;
    if is_read_only {
        return Err(StoreError::Misconfigured(READ_ONLY.to_owned()));
    }
    let _position: String = diesel::select(sql::<Text>(MESSAGE)).get_result(&mut connection).await?;
    Ok(process)
}
