//! Users.

mod hash_parameters;
mod page;
mod row;
mod statements;

use async_trait::async_trait;
use auth_domain::model::{
    Email, HashParametersInUse, NewUser, PasswordHash, RequestTime, TenantId, User, UserId, UserStatus,
    to_unix_microseconds,
};
use auth_domain::observation::Operation;
use auth_domain::ports::{Deletion, Insertion, PortError, Replacement, UserCursor, UserPage, UserRepository};

use crate::database::SqliteDatabase;

/// The [`UserRepository`] in the embedded database.
#[derive(Clone)]
pub struct SqliteUserRepository {
    database: SqliteDatabase,
}

impl SqliteUserRepository {
    /// A repository in an open database.
    #[must_use]
    pub fn new(database: &SqliteDatabase) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl UserRepository for SqliteUserRepository {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn find_by_email(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<Option<User>, PortError> {
        let email = email.clone();
        self.database
            .read(Operation::FindByEmail, request_time, move |connection| {
                statements::find_by_email(connection, &email)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn find_by_id(&self, id: UserId, request_time: RequestTime) -> Result<Option<User>, PortError> {
        self.database
            .read(Operation::FindById, request_time, move |connection| statements::find_by_id(connection, id))
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn page(
        &self,
        after: Option<UserCursor>,
        limit: u32,
        request_time: RequestTime,
    ) -> Result<UserPage, PortError> {
        self.database
            .read(Operation::Page, request_time, move |connection| {
                page::read(connection, after.as_ref(), limit)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn hash_parameters(
        &self,
        request_time: RequestTime,
    ) -> Result<Vec<HashParametersInUse>, PortError> {
        self.database.read(Operation::HashParameters, request_time, hash_parameters::read).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn default_tenant(
        &self,
        candidate: TenantId,
        request_time: RequestTime,
    ) -> Result<TenantId, PortError> {
        let now = to_unix_microseconds(request_time.now());
        self.database
            .write(Operation::DefaultTenant, request_time, move |connection| {
                statements::default_tenant(connection, candidate, now)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn insert_all(
        &self,
        users: &[NewUser],
        request_time: RequestTime,
    ) -> Result<Vec<Insertion>, PortError> {
        let (users, now) = (users.to_vec(), to_unix_microseconds(request_time.now()));
        self.database
            .write(Operation::InsertAll, request_time, move |connection| {
                users.iter().map(|user| statements::insert(connection, user, now)).collect()
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn delete(&self, id: UserId, request_time: RequestTime) -> Result<Deletion, PortError> {
        self.database
            .write(Operation::Delete, request_time, move |connection| statements::delete(connection, id))
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn set_status(
        &self,
        id: UserId,
        status: UserStatus,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        let now = to_unix_microseconds(request_time.now());
        self.database
            .write(Operation::SetStatus, request_time, move |connection| {
                statements::set_status(connection, id, status, now)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn replace_password_hash(
        &self,
        id: UserId,
        expected: Option<PasswordHash>,
        new: &PasswordHash,
        request_time: RequestTime,
    ) -> Result<Replacement, PortError> {
        let (new, now) = (new.clone(), to_unix_microseconds(request_time.now()));
        self.database
            .write(Operation::ReplacePasswordHash, request_time, move |connection| {
                statements::replace_password_hash(connection, id, expected.as_ref(), &new, now)
            })
            .await
    }
}
