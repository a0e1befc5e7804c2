//! Checks of the database, for readiness and for `doctor`.

mod file;
mod users;

use auth_domain::model::{HashUse, PasswordHash, RequestTime};
use auth_domain::ports::{Check, PortError};
use diesel::connection::SimpleConnection;
use diesel::dsl::exists;
use diesel::{QueryDsl, RunQueryDsl, SqliteConnection};

use crate::database::SqliteDatabase;
use crate::schema::tenants;

pub(crate) use file::OpenedFile;

impl SqliteDatabase {
    /// Reads from the database and commits a write to it.
    ///
    /// # Errors
    /// `Unavailable` if the file was replaced or removed, if the disk is full or read-only, or if the deadline passes.
    pub async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        let file = self.file().clone();
        let read = move |connection: &mut SqliteConnection| {
            file.check_in_place()?;
            Ok(diesel::select(exists(tenants::table.select(tenants::id))).get_result::<bool>(connection)?)
        };
        self.read(request_time, read).await?;
        // Writes an unused field of the file header with its present value: a full or read-only disk rejects it.
        let write =
            |connection: &mut SqliteConnection| Ok(connection.batch_execute("PRAGMA application_id = 0")?);
        self.write(request_time, write).await
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
        self.read(request_time, |connection| users::diagnose(connection, usability)).await
    }
}
