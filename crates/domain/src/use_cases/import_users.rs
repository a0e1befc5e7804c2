//! Bringing users from another program, by the command line.

use std::sync::Arc;

use crate::model::{Email, NewUser, PasswordHash, RequestTime, Role, TenantId, User, UserId, UserStatus};
use crate::ports::{Entropy, Insertion, PortError, UnreadableUser, UserRepository, random_bytes};

#[cfg(test)]
mod tests;

/// Inserts users who have a password hash of another program. Repeating an import is safe: a user who exists is never changed.
pub struct ImportUsers {
    /// The store of users.
    pub users: Arc<dyn UserRepository>,
    /// The source of randomness for ids.
    pub entropy: Arc<dyn Entropy>,
}

/// A user to import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserToImport {
    /// The id; `None` for a new one.
    pub id: Option<UserId>,
    /// An existing tenant; `None` for the installation's default tenant.
    pub tenant_id: Option<TenantId>,
    /// The canonical email.
    pub email: Email,
    /// The hash; `None` if the user has no password and logs in elsewhere.
    pub password_hash: Option<PasswordHash>,
    /// Whether the user may log in.
    pub status: UserStatus,
    /// The role.
    pub role: Role,
    /// The time at which the user was created; `None` for the time of the import.
    pub created_at: Option<time::OffsetDateTime>,
}

/// The outcome of the import of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// The user was inserted with this id.
    Imported(UserId),
    /// The user exists with the same data.
    AlreadyThere,
    /// A user with this email exists, and differs. The name is that of the first column that differs.
    Different(&'static str),
    /// A user with this email exists, and the row cannot be read.
    Unreadable(UnreadableUser),
    /// Another user has the id.
    IdTaken,
    /// The tenant does not exist.
    UnknownTenant,
}

/// The result of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportAttempt {
    /// The import of the user is complete.
    Done(ImportOutcome),
    /// The email or the id exists: [`ImportUsers::compare`] has the outcome. The tenant is that of the user to import.
    Exists(TenantId),
}

impl ImportUsers {
    /// Inserts users in one transaction, and returns one result for each, in their order.
    ///
    /// # Errors
    /// [`PortError`] if a port failed; repeat the call.
    pub async fn insert(
        &self,
        users: &[UserToImport],
        request_time: RequestTime,
    ) -> Result<Vec<ImportAttempt>, PortError> {
        let new = self.new_users(users, request_time).await?;
        let insertions = self.users.insert_all(&new, request_time).await?;
        let attempts = new.iter().zip(insertions).map(|(new, insertion)| match insertion {
            Insertion::Inserted => ImportAttempt::Done(ImportOutcome::Imported(new.id)),
            Insertion::UnknownTenant => ImportAttempt::Done(ImportOutcome::UnknownTenant),
            Insertion::Taken => ImportAttempt::Exists(new.tenant_id),
        });
        Ok(attempts.collect())
    }

    /// Compares a user to import with the user who has the email. Calls for several users may run at the same time.
    ///
    /// # Errors
    /// [`PortError`] if a port failed; repeat the call.
    pub async fn compare(
        &self,
        user: &UserToImport,
        tenant_id: TenantId,
        request_time: RequestTime,
    ) -> Result<ImportOutcome, PortError> {
        match self.users.find_by_email(&user.email, request_time).await {
            Ok(Some(stored)) => Ok(user.difference(&stored, tenant_id)),
            // The email is free, so the id is taken.
            Ok(None) => Ok(ImportOutcome::IdTaken),
            Err(error) => error.unreadable_user().map(ImportOutcome::Unreadable).ok_or(error),
        }
    }

    async fn new_users(
        &self,
        users: &[UserToImport],
        request_time: RequestTime,
    ) -> Result<Vec<NewUser>, PortError> {
        let mut default_tenant = None;
        let mut new = Vec::with_capacity(users.len());
        for user in users {
            let tenant_id = match (user.tenant_id, default_tenant) {
                (Some(tenant_id), _) | (None, Some(tenant_id)) => tenant_id,
                (None, None) => {
                    let candidate = TenantId::from_random_bytes(*random_bytes(&*self.entropy)?);
                    let tenant_id = self.users.default_tenant(candidate, request_time).await?;
                    default_tenant = Some(tenant_id);
                    tenant_id
                }
            };
            let id = match user.id {
                Some(id) => id,
                None => UserId::from_random_bytes(*random_bytes(&*self.entropy)?),
            };
            new.push(NewUser {
                id,
                tenant_id,
                email: user.email.clone(),
                password_hash: user.password_hash.clone(),
                status: user.status,
                role: user.role,
                created_at: user.created_at.unwrap_or(request_time.now()),
            });
        }
        Ok(new)
    }
}

impl UserToImport {
    fn difference(&self, stored: &User, tenant_id: TenantId) -> ImportOutcome {
        let differs = [
            ("id", self.id.is_some_and(|id| id != stored.id)),
            ("tenant_id", tenant_id != stored.tenant_id),
            ("password_hash", self.password_hash != stored.password_hash),
            ("status", self.status != stored.status),
            ("role", self.role != stored.role),
            ("created_at", self.created_at.is_some_and(|at| at != stored.created_at)),
        ];
        let first = differs.into_iter().find_map(|(column, differs)| differs.then_some(column));
        first.map_or(ImportOutcome::AlreadyThere, ImportOutcome::Different)
    }
}
