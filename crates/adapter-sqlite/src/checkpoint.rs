//! Checkpoints: pages of the write-ahead log are copied into the database file.

use auth_domain::model::Event;
use diesel::deserialize::QueryableByName;
use diesel::sql_types::BigInt;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection, sql_query};
use tracing::warn;

use crate::error::StoreError;

/// The write-ahead log after a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub(crate) struct Progress {
    /// The pages that were written since the log was last restarted.
    #[diesel(sql_type = BigInt)]
    pub(crate) log: i64,
    /// Those of them that are in the database file.
    #[diesel(sql_type = BigInt)]
    pub(crate) checkpointed: i64,
}

/// Copies what no reader prevents, without waiting for readers or for the writer.
///
/// When the whole log is copied, the next write restarts it: the log is overwritten from its beginning and does not grow.
pub(crate) fn checkpoint(connection: &mut SqliteConnection) -> QueryResult<Progress> {
    sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(connection)
}

/// Logs a checkpoint that failed. A later one copies the same pages.
pub(crate) fn log_failure(error: &StoreError) {
    warn!(event = Event::CheckpointFailed.name(), %error, "the write-ahead log of the embedded store could not be checkpointed");
}
