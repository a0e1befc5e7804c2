//! Users.

use async_trait::async_trait;

use crate::model::{
    Email, HashParametersInUse, NewUser, PasswordHash, RequestTime, TenantId, User, UserId, UserStatus,
};
use crate::ports::{PortError, UnreadableUser};

/// Reads and administers users.
///
/// # Contract
/// - What was inserted MUST be found by email and by id, every field the same, and by nothing else
///   (`inserted_user_is_found_by_email_and_by_id`, `unknown_user_is_none`).
/// - An email MUST be unique: of any number of concurrent inserts of one email exactly one MUST get
///   [`Insertion::Inserted`] (`email_is_unique_under_race`), and the loser MUST change nothing.
/// - A user MUST NOT be inserted into a tenant that does not exist (`unknown_tenant_is_refused`).
/// - The default tenant MUST be made once, also by concurrent callers (`default_tenant_is_made_once`).
/// - A replaced hash MUST be read by the next call, and a replace whose `expected` is not what is
///   stored MUST change nothing and say so; of concurrent replaces of one expected value exactly one
///   MUST win (`hash_is_replaced_only_where_it_is_as_expected`, `one_racing_replace_wins`).
/// - A status that was set MUST be read by the next call (`status_is_read_as_set`).
/// - `list` MUST name every user once (`list_names_every_user_once`).
/// - `hash_parameters` MUST return the parameters of every stored PHC string once, with the number of users
///   who have them, and never a salt or a hash (`hash_parameters_are_counted_without_salts`).
/// - A user without a password hash is a value, not an error (`user_without_password_is_a_value`).
/// - A row with a value that is not defined for its column, such as an unknown role, MUST be an error of the kind
///   [`Corrupt`](crate::ports::PortErrorKind::Corrupt) with an [`UnreadableUser`] as its source, never a guess.
///   `list` MUST return the other users, and such rows separately. Each adapter has tests of its own for this,
///   since only it can write such a row.
/// - A call whose deadline has passed before it begins MUST change nothing and be an error of the
///   kind [`Unavailable`](crate::ports::PortErrorKind::Unavailable) (`call_past_its_deadline_changes_nothing`).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Reads the user with this email.
    async fn find_by_email(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<Option<User>, PortError>;

    /// Reads the user with this id.
    async fn find_by_id(&self, id: UserId, request_time: RequestTime) -> Result<Option<User>, PortError>;

    /// Reads every user, by email.
    async fn list(&self, request_time: RequestTime) -> Result<UserListing, PortError>;

    /// Returns the parameters of the PHC strings of Argon2id that are stored. It reads every row.
    ///
    /// # Errors
    /// As of any call; the deadline of `timing` bounds it, however long a table takes.
    async fn hash_parameters(&self, request_time: RequestTime)
    -> Result<Vec<HashParametersInUse>, PortError>;

    /// Returns the tenant of users that name none; makes it, under the id `candidate`, when missing.
    async fn default_tenant(
        &self,
        candidate: TenantId,
        request_time: RequestTime,
    ) -> Result<TenantId, PortError>;

    /// Inserts an active user.
    async fn insert(&self, user: &NewUser, request_time: RequestTime) -> Result<Insertion, PortError>;

    /// Sets the status; `false` when there is no such user.
    async fn set_status(
        &self,
        id: UserId,
        status: UserStatus,
        request_time: RequestTime,
    ) -> Result<bool, PortError>;

    /// Replaces the stored hash by `new` if it still is `expected` (a compare-and-set of that one column).
    async fn replace_password_hash(
        &self,
        id: UserId,
        expected: Option<PasswordHash>,
        new: &PasswordHash,
        request_time: RequestTime,
    ) -> Result<Replacement, PortError>;
}

/// Every user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserListing {
    /// The users, by email.
    pub users: Vec<User>,
    /// The rows that cannot be read.
    pub unreadable: Vec<UnreadableUser>,
}

/// What became of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// The user exists now.
    Inserted,
    /// Another user has this email; nothing changed.
    EmailTaken,
    /// There is no such tenant; nothing changed.
    UnknownTenant,
}

/// What became of a compare-and-set of the password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// The new hash is stored.
    Replaced,
    /// The stored hash is not the expected one, or the user is gone; nothing changed.
    Changed,
}
