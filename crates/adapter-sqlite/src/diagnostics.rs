//! Checks of the database, for readiness and for `doctor`.

mod files;
mod users;

use auth_domain::model::{HashUse, PasswordHash, RequestTime};
use auth_domain::observation::Operation;
use auth_domain::ports::{Check, PortError};
use diesel::dsl::exists;
use diesel::{QueryDsl, RunQueryDsl, SqliteConnection};

use crate::database::SqliteDatabase;
use crate::mark;
use crate::schema::tenants;
pub use files::diagnose_files;

impl SqliteDatabase {
    /// Reads from the database and commits a write to it.
    ///
    /// # Errors
    /// `Unavailable` if a file was replaced, removed, overwritten or truncated, if the disk is full or read-only, or if the
    /// deadline passes.
    pub async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        let read = |connection: &mut SqliteConnection| {
            Ok(diesel::select(exists(tenants::table.select(tenants::id))).get_result::<bool>(connection)?)
        };
        self.read(Operation::Check, request_time, read).await?;
        // A full or read-only disk rejects it, and the writer checks the files.
        self.write(Operation::Check, request_time, |connection| Ok(mark::increment_version(connection)?))
            .await
    }

    /// Checks the rows of all users. The checks contain counts, and no name of a user.
    ///
    /// # Parameters
    /// - `usability`: whether passwords verify against a stored hash.
    ///
    /// # Errors
    /// `Unavailable` if the database cannot be read before the deadline.
    pub async fn diagnose_users(
        &self,
        usability: impl Fn(&PasswordHash) -> HashUse + Send + 'static,
        request_time: RequestTime,
    ) -> Result<Vec<Check>, PortError> {
        self.read(Operation::Check, request_time, |connection| users::diagnose(connection, usability)).await
    }
}
