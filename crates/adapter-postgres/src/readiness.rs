//! The write that readiness commits.

use diesel::dsl::sql;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::error::StoreError;

/// A message in the write-ahead log. It needs no table and no right. Nothing reads it: logical replication passes such
/// messages only to subscribers that ask for them.
const MESSAGE: &str = "pg_logical_emit_message(true, 'hooksentry-auth', 'readiness')::text";
const IS_READ_ONLY: &str = "current_setting('transaction_read_only')::boolean";

/// Commits a write, which a server that is full rejects. A database that is read-only is an error of the setup.
pub(crate) async fn commit_a_write(mut connection: &AsyncPgConnection) -> Result<(), StoreError> {
    let is_read_only: bool = diesel::select(sql::<Bool>(IS_READ_ONLY)).get_result(&mut connection).await?;
    if is_read_only {
        let text = "the database is read-only; name one that can be written to in POSTGRES__URL";
        return Err(StoreError::Unfit(text.to_owned()));
    }
    let _position: String = diesel::select(sql::<Text>(MESSAGE)).get_result(&mut connection).await?;
    Ok(())
}
