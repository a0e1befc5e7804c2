//! Administration of users by the command line.

use std::sync::Arc;

use super::end_sessions::EndSessions;
use crate::model::{
    ClearedLimit, Email, EndReason, NewUser, Password, PasswordPolicy, RequestTime, TenantId, User, UserId,
    UserStatus,
};
use crate::ports::{
    Deletion, Entropy, Insertion, PasswordHasher, PasswordStrength, Replacement, UserRepository, random_bytes,
};

mod changes;
mod error;
mod first_password;
mod new_password;
#[cfg(test)]
mod tests;

pub use changes::{Changed, CreateUser, Created};
pub use error::ManageUsersError;
pub use first_password::FirstPassword;

/// The most attempts to replace a stored hash. An attempt fails if the hash changed since it was read.
const MAX_REPLACEMENTS: usize = 3;

/// Creates, changes and deletes users. A change is stored first; then the sessions end.
pub struct ManageUsers {
    /// The store of users.
    pub users: Arc<dyn UserRepository>,
    /// Hashes new passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Ends their sessions after a change, and forgets the known addresses.
    pub end_sessions: EndSessions,
    /// The source of randomness for ids.
    pub entropy: Arc<dyn Entropy>,
    /// The rule for new passwords.
    pub policy: PasswordPolicy,
    /// The estimate of how easily a new password is guessed.
    pub strength: Arc<dyn PasswordStrength>,
}

impl ManageUsers {
    /// Creates an active user.
    ///
    /// # Errors
    /// [`ManageUsersError`].
    pub async fn create(
        &self,
        create: CreateUser,
        request_time: RequestTime,
    ) -> Result<Created, ManageUsersError> {
        let (email, strength) = (&create.email, &*self.strength);
        let password = create.password.check(email, self.policy, strength, &*self.hasher)?;
        let tenant_id = match create.tenant_id {
            Some(tenant_id) => tenant_id,
            None => {
                self.users
                    .default_tenant(TenantId::from_random_bytes(*random_bytes(&*self.entropy)?), request_time)
                    .await?
            }
        };
        let (password_hash, switched_off) = password.into_hash(&*self.hasher, request_time).await?;
        let user = NewUser {
            id: UserId::from_random_bytes(*random_bytes(&*self.entropy)?),
            tenant_id,
            email: create.email,
            password_hash: Some(password_hash),
            status: UserStatus::Active,
            role: create.role,
            created_at: request_time.now(),
        };
        match self.users.insert(&user, request_time).await? {
            Insertion::Inserted => Ok(Created { user_id: user.id, switched_off }),
            Insertion::Taken => Err(ManageUsersError::EmailTaken),
            Insertion::UnknownTenant => Err(ManageUsersError::UnknownTenant),
        }
    }

    /// Returns one user.
    ///
    /// # Errors
    /// [`ManageUsersError::UnknownUser`] and [`ManageUsersError::Port`].
    pub async fn find(&self, email: &Email, request_time: RequestTime) -> Result<User, ManageUsersError> {
        self.users.find_by_email(email, request_time).await?.ok_or(ManageUsersError::UnknownUser)
    }

    /// Returns the id of one user, even if the rest of the row cannot be read.
    ///
    /// # Errors
    /// [`ManageUsersError::UnknownUser`] and [`ManageUsersError::Port`].
    pub async fn find_id(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<UserId, ManageUsersError> {
        match self.users.find_by_email(email, request_time).await {
            Ok(user) => user.map(|user| user.id).ok_or(ManageUsersError::UnknownUser),
            Err(error) => match error.unreadable_user().and_then(|row| row.user_id) {
                Some(user_id) => Ok(user_id),
                None => Err(error.into()),
            },
        }
    }

    /// Allows a user to log in again.
    ///
    /// # Errors
    /// [`ManageUsersError`].
    pub async fn activate(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<Changed, ManageUsersError> {
        let user_id = self.set_status(email, UserStatus::Active, request_time).await?;
        Ok(Changed { user_id, sessions_ended: 0 })
    }

    /// Prevents a user from logging in, ends their sessions (S-27), and forgets the known addresses of their email (S-91).
    ///
    /// # Errors
    /// [`ManageUsersError`].
    pub async fn deactivate(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<Changed, ManageUsersError> {
        let user_id = self.set_status(email, UserStatus::Inactive, request_time).await?;
        self.end_sessions(user_id, email, EndReason::UserInactive, request_time).await
    }

    /// Sets a new password, ends the user's sessions (S-28), and forgets the known addresses of their email (S-91).
    ///
    /// # Errors
    /// [`ManageUsersError`].
    pub async fn set_password(
        &self,
        email: &Email,
        password: &Password,
        request_time: RequestTime,
    ) -> Result<Changed, ManageUsersError> {
        self.check_new(password, email)?;
        let new = self.hasher.hash(password, request_time).await?;
        for _ in 0..MAX_REPLACEMENTS {
            let user = self.find(email, request_time).await?;
            match self.users.replace_password_hash(user.id, user.password_hash, &new, request_time).await? {
                Replacement::Replaced => {
                    return self.end_sessions(user.id, email, EndReason::Revoked, request_time).await;
                }
                // A login may have upgraded the old hash since it was read.
                Replacement::Changed => {}
            }
        }
        Err(ManageUsersError::Contended)
    }

    /// Deletes a user, with their sessions, known addresses and failed logins. The row is deleted last, so that a call that failed
    /// can be repeated.
    ///
    /// # Errors
    /// [`ManageUsersError`].
    pub async fn delete(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<Changed, ManageUsersError> {
        let changed = self.deactivate(email, request_time).await?;
        let key = self.end_sessions.limit_keys.email(email);
        let cleared = self.end_sessions.limiter.clear(ClearedLimit::Email(key), request_time).await;
        cleared.map_err(ManageUsersError::NotDeleted)?;
        match self.users.delete(changed.user_id, request_time).await.map_err(ManageUsersError::NotDeleted)? {
            // Another call may have deleted the user meanwhile.
            Deletion::Deleted | Deletion::Unknown => Ok(changed),
            Deletion::Referenced => Err(ManageUsersError::Referenced),
        }
    }

    async fn set_status(
        &self,
        email: &Email,
        status: UserStatus,
        request_time: RequestTime,
    ) -> Result<UserId, ManageUsersError> {
        // A user whose row cannot be read can still be deactivated.
        let user_id = self.find_id(email, request_time).await?;
        let found = self.users.set_status(user_id, status, request_time).await?;
        found.then_some(user_id).ok_or(ManageUsersError::UnknownUser)
    }

    async fn end_sessions(
        &self,
        user_id: UserId,
        email: &Email,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<Changed, ManageUsersError> {
        let ended = self.end_sessions.all_of(user_id, email, reason, request_time).await;
        let sessions_ended = ended.map_err(ManageUsersError::NotCompleted)?;
        Ok(Changed { user_id, sessions_ended })
    }

    fn check_new(&self, password: &Password, email: &Email) -> Result<(), ManageUsersError> {
        new_password::check(password, email, self.policy, &*self.strength)
    }
}
