//! [`UserRepository`] on PostgreSQL.

mod hash_parameters;
mod inserts;
mod lookup;
mod lookups;
mod page;
mod row;
mod user_lookups;
mod write;
mod writes;

use async_trait::async_trait;
use auth_domain::model::{
    Email, HashParametersInUse, NewUser, PasswordHash, RequestTime, TenantId, User, UserId, UserStatus,
};
use auth_domain::observation::Operation;
use auth_domain::ports::{Deletion, Insertion, PortError, Replacement, UserCursor, UserPage, UserRepository};
use tracing::instrument;

use crate::connection::Connections;
use crate::database::PostgresDatabase;
use crate::error::StoreError;
use user_lookups::UserLookups;

/// A [`UserRepository`] in the database of the HookSentry platform, or in a database of this service.
#[derive(Clone)]
pub struct PostgresUserRepository {
    connections: Connections,
    lookups: UserLookups,
}

impl PostgresUserRepository {
    /// Returns the users of `database`, and shares its connections. The clones of the result share their batches of lookups.
    #[must_use]
    pub fn new(database: &PostgresDatabase) -> Self {
        let connections = database.connections();
        Self { lookups: UserLookups::new(&connections), connections }
    }
}

#[async_trait]
impl UserRepository for PostgresUserRepository {
    #[instrument(level = "debug", skip_all)]
    async fn find_by_email(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<Option<User>, PortError> {
        Ok(lookups::find_by_email(&self.connections, email, request_time).await?)
    }

    #[instrument(level = "debug", skip_all)]
    async fn find_by_id(&self, id: UserId, request_time: RequestTime) -> Result<Option<User>, PortError> {
        self.lookups.find(id, &self.connections, request_time).await
    }

    #[instrument(level = "debug", skip_all)]
    async fn page(
        &self,
        after: Option<UserCursor>,
        limit: u32,
        request_time: RequestTime,
    ) -> Result<UserPage, PortError> {
        let connection = self.connections.pooled(request_time).await?;
        Ok(connection.run(Operation::Page, page::read(&connection, after.as_ref(), limit)).await?)
    }

    #[instrument(level = "debug", skip_all)]
    async fn hash_parameters(
        &self,
        request_time: RequestTime,
    ) -> Result<Vec<HashParametersInUse>, PortError> {
        Ok(hash_parameters::read(&self.connections, request_time).await?)
    }

    #[instrument(level = "debug", skip_all)]
    async fn default_tenant(
        &self,
        candidate: TenantId,
        request_time: RequestTime,
    ) -> Result<TenantId, PortError> {
        let connection = self.connections.pooled(request_time).await?;
        connection
            .run(Operation::DefaultTenant, writes::default_tenant(&connection, candidate, request_time.now()))
            .await
            .map_err(StoreError::of_write)
    }

    #[instrument(level = "debug", skip_all)]
    async fn insert_all(
        &self,
        users: &[NewUser],
        request_time: RequestTime,
    ) -> Result<Vec<Insertion>, PortError> {
        let connection = self.connections.pooled(request_time).await?;
        self.connections.round_trips().batch(Operation::InsertAll, users.len());
        connection
            .run(Operation::InsertAll, inserts::insert_all(&connection, users, request_time.now()))
            .await
            .map_err(StoreError::of_write)
    }

    #[instrument(level = "debug", skip_all)]
    async fn delete(&self, id: UserId, request_time: RequestTime) -> Result<Deletion, PortError> {
        let connection = self.connections.pooled(request_time).await?;
        connection.run(Operation::Delete, writes::delete(&connection, id)).await.map_err(StoreError::of_write)
    }

    #[instrument(level = "debug", skip_all)]
    async fn set_status(
        &self,
        id: UserId,
        status: UserStatus,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        let connection = self.connections.pooled(request_time).await?;
        connection
            .run(Operation::SetStatus, writes::set_status(&connection, id, status, request_time.now()))
            .await
            .map_err(StoreError::of_write)
    }

    #[instrument(level = "debug", skip_all)]
    async fn replace_password_hash(
        &self,
        id: UserId,
        expected: Option<PasswordHash>,
        new: &PasswordHash,
        request_time: RequestTime,
    ) -> Result<Replacement, PortError> {
        let connection = self.connections.pooled(request_time).await?;
        connection
            .run(
                Operation::ReplacePasswordHash,
                writes::replace_password_hash(&connection, id, expected.as_ref(), new),
            )
            .await
            .map_err(StoreError::of_write)
    }
}
