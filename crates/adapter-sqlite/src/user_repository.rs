//! Users.

mod examination;
mod hash_parameters;
mod row;
mod steps;

use async_trait::async_trait;
use auth_domain::model::{
    Email, HashParametersInUse, NewUser, PasswordHash, TenantId, Timing, User, UserId, UserStatus, micros,
};
use auth_domain::ports::{Insertion, PortError, Replacement, UserListing, UserRepository};

use crate::database::SqliteDatabase;
pub(crate) use examination::examine;

/// The [`UserRepository`] in the embedded database.
#[derive(Clone)]
pub struct SqliteUserRepository {
    database: SqliteDatabase,
}

impl SqliteUserRepository {
    /// Uses an open database.
    #[must_use]
    pub fn new(database: &SqliteDatabase) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl UserRepository for SqliteUserRepository {
    async fn find_by_email(&self, email: &Email, timing: Timing) -> Result<Option<User>, PortError> {
        let email = email.clone();
        self.database.read(timing, move |connection| steps::find_by_email(connection, &email)).await
    }

    async fn find_by_id(&self, id: UserId, timing: Timing) -> Result<Option<User>, PortError> {
        self.database.read(timing, move |connection| steps::find_by_id(connection, id)).await
    }

    async fn list(&self, timing: Timing) -> Result<UserListing, PortError> {
        self.database.read(timing, steps::list).await
    }

    async fn hash_parameters(&self, timing: Timing) -> Result<Vec<HashParametersInUse>, PortError> {
        self.database.read(timing, hash_parameters::read).await
    }

    async fn default_tenant(&self, candidate: TenantId, timing: Timing) -> Result<TenantId, PortError> {
        let now = micros(timing.now());
        self.database.write(timing, move |connection| steps::default_tenant(connection, candidate, now)).await
    }

    async fn insert(&self, user: &NewUser, timing: Timing) -> Result<Insertion, PortError> {
        let (user, now) = (user.clone(), micros(timing.now()));
        self.database.write(timing, move |connection| steps::insert(connection, &user, now)).await
    }

    async fn set_status(&self, id: UserId, status: UserStatus, timing: Timing) -> Result<bool, PortError> {
        let now = micros(timing.now());
        self.database.write(timing, move |connection| steps::set_status(connection, id, status, now)).await
    }

    async fn replace_password_hash(
        &self,
        id: UserId,
        expected: Option<PasswordHash>,
        new: &PasswordHash,
        timing: Timing,
    ) -> Result<Replacement, PortError> {
        let (new, now) = (new.clone(), micros(timing.now()));
        self.database
            .write(timing, move |connection| {
                steps::replace_password_hash(connection, id, expected.as_ref(), &new, now)
            })
            .await
    }
}
