//! Users.

mod hash_parameters;
mod lookup;
mod lookups;
mod row;
mod writes;

use async_trait::async_trait;
use auth_domain::model::{
    Email, HashParametersInUse, NewUser, PasswordHash, RequestTime, TenantId, User, UserId, UserStatus,
};
use auth_domain::ports::{Insertion, PortError, Replacement, UserListing, UserRepository};

use crate::database::PostgresDatabase;
use lookups::Key;

/// The [`UserRepository`] in the platform's database, or in one of our own.
#[derive(Clone)]
pub struct PostgresUserRepository {
    database: PostgresDatabase,
}

impl PostgresUserRepository {
    /// Uses the connections of a database.
    #[must_use]
    pub fn new(database: &PostgresDatabase) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl UserRepository for PostgresUserRepository {
    async fn find_by_email(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<Option<User>, PortError> {
        Ok(lookups::find(&self.database, Key::Email(email), request_time).await?)
    }

    async fn find_by_id(&self, id: UserId, request_time: RequestTime) -> Result<Option<User>, PortError> {
        Ok(lookups::find(&self.database, Key::Id(id), request_time).await?)
    }

    async fn list(&self, request_time: RequestTime) -> Result<UserListing, PortError> {
        let lease = self.database.lease(request_time).await?;
        Ok(lease.run(lookups::list(&lease)).await?)
    }

    async fn hash_parameters(
        &self,
        request_time: RequestTime,
    ) -> Result<Vec<HashParametersInUse>, PortError> {
        Ok(hash_parameters::read(&self.database, request_time).await?)
    }

    async fn default_tenant(
        &self,
        candidate: TenantId,
        request_time: RequestTime,
    ) -> Result<TenantId, PortError> {
        let lease = self.database.lease(request_time).await?;
        Ok(lease.run(writes::default_tenant(&lease, candidate, request_time.now())).await?)
    }

    async fn insert(&self, user: &NewUser, request_time: RequestTime) -> Result<Insertion, PortError> {
        let lease = self.database.lease(request_time).await?;
        Ok(lease.run(writes::insert(&lease, user, request_time.now())).await?)
    }

    async fn set_status(
        &self,
        id: UserId,
        status: UserStatus,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        let lease = self.database.lease(request_time).await?;
        Ok(lease.run(writes::set_status(&lease, id, status, request_time.now())).await?)
    }

    async fn replace_password_hash(
        &self,
        id: UserId,
        expected: Option<PasswordHash>,
        new: &PasswordHash,
        request_time: RequestTime,
    ) -> Result<Replacement, PortError> {
        let lease = self.database.lease(request_time).await?;
        Ok(lease.run(writes::replace_password_hash(&lease, id, expected.as_ref(), new)).await?)
    }
}
