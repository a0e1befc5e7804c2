//! Users.

use std::slice;

use async_trait::async_trait;

use super::user_outcomes::{Deletion, Insertion, Replacement};
use super::user_page::{UserCursor, UserPage};
use crate::model::{
    Email, HashParametersInUse, NewUser, PasswordHash, RequestTime, TenantId, User, UserId, UserStatus,
};
use crate::ports::PortError;
#[cfg(doc)]
use crate::ports::UnreadableUser;

/// Stores users.
///
/// # Contract
/// - An inserted user MUST be found by email and by id, with every field unchanged, and by nothing else
///   (`inserted_user_is_found_by_email_and_by_id`, `unknown_user_is_not_found`).
/// - An email MUST be unique: of concurrent inserts of one email exactly one MUST get [`Insertion::Inserted`], and the
///   others MUST change nothing (`email_is_unique_under_race`).
/// - A user MUST NOT be inserted into a tenant that does not exist (`unknown_tenant_is_rejected`).
/// - `insert_all` MUST return one outcome for each user, in their order, and MUST insert every user that is not rejected
///   (`rejected_users_do_not_reject_others`). A user whose email or id belongs to an earlier one of the same call MUST get
///   [`Insertion::Taken`] (`email_is_inserted_once_in_one_call`).
/// - A deleted user MUST NOT be found by any call, and MUST be the only one (`only_the_deleted_user_is_gone`).
/// - The default tenant MUST be created once, also by concurrent callers (`default_tenant_is_created_once`).
/// - A replaced hash MUST be returned by the next call. A replacement whose `expected` is not the stored hash MUST change
///   nothing and return [`Replacement::Changed`]. Of concurrent replacements of one hash exactly one MUST succeed
///   (`hash_is_replaced_only_if_it_is_the_expected_one`, `one_concurrent_replace_wins`).
/// - A status that was set MUST be returned by the next call (`status_is_stored`).
/// - The pages MUST have every user once, in any order, and at most as many as requested (`pages_have_every_user_once`). Users
///   who are inserted or deleted meanwhile MAY be missing.
/// - `hash_parameters` MUST return the parameters of every stored PHC string and bcrypt hash once, with the number of users who
///   have them, and never a salt or a hash. A text without salt and hash MUST NOT count
///   (`hash_parameters_are_counted_without_salts`).
/// - A user without a password hash MUST be a value, not an error (`user_without_password_has_no_hash`).
/// - A row with a value that is not defined for its column, such as an unknown role, MUST be an error of the kind
///   [`Corrupt`](crate::ports::PortErrorKind::Corrupt) with an [`UnreadableUser`] as its source. `page` MUST return the other
///   users, and such rows separately. Each adapter tests this itself, because only the adapter can write such a row.
/// - A call whose deadline has passed before it starts MUST change nothing and fail as
///   [`Unavailable`](crate::ports::PortErrorKind::Unavailable) (`call_past_its_deadline_changes_nothing`).
///
/// # Errors
/// Every method fails with [`PortError`]: `Unavailable` if the store cannot be reached or does not answer a read before the
/// deadline, `Unanswered` if it does not answer a write before the deadline, `Overloaded` if it has too much work, `Corrupt`
/// if a row contradicts itself, `Misconfigured` if the store is set up wrongly.
///
/// # Parameters
/// `request_time` has the `now` of the call and its deadline.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// The user with this email; `None` if there is none.
    ///
    /// # Errors
    /// `Corrupt` with an [`UnreadableUser`] as its source if the row cannot be read; otherwise as for the trait.
    async fn find_by_email(
        &self,
        email: &Email,
        request_time: RequestTime,
    ) -> Result<Option<User>, PortError>;

    /// The user with this id; `None` if there is none.
    ///
    /// # Errors
    /// `Corrupt` with an [`UnreadableUser`] as its source if the row cannot be read; otherwise as for the trait.
    async fn find_by_id(&self, id: UserId, request_time: RequestTime) -> Result<Option<User>, PortError>;

    /// The next users, in pages, so that neither the memory nor the time of a call grows with the number of users.
    ///
    /// # Parameters
    /// - `after`: the end of the page before; `None` for the first page.
    /// - `limit`: the maximum number of users.
    ///
    /// # Errors
    /// As for the trait. Rows that cannot be read are part of the result.
    async fn page(
        &self,
        after: Option<UserCursor>,
        limit: u32,
        request_time: RequestTime,
    ) -> Result<UserPage, PortError>;

    /// The parameters of all stored hashes of Argon2id, bcrypt, PBKDF2 and scrypt. It reads every row.
    ///
    /// # Errors
    /// As for the trait.
    async fn hash_parameters(&self, request_time: RequestTime)
    -> Result<Vec<HashParametersInUse>, PortError>;

    /// The tenant of users that are created without one. It is created if it is missing.
    ///
    /// # Parameters
    /// - `candidate`: the id of the tenant if it is created.
    ///
    /// # Errors
    /// As for the trait.
    async fn default_tenant(
        &self,
        candidate: TenantId,
        request_time: RequestTime,
    ) -> Result<TenantId, PortError>;

    /// Inserts users in one transaction.
    ///
    /// # Errors
    /// As for the trait; no user is inserted then, unless the store lost its answer. A taken email and an unknown tenant are
    /// outcomes.
    async fn insert_all(
        &self,
        users: &[NewUser],
        request_time: RequestTime,
    ) -> Result<Vec<Insertion>, PortError>;

    /// Inserts one user.
    ///
    /// # Errors
    /// As [`insert_all`](Self::insert_all).
    async fn insert(&self, user: &NewUser, request_time: RequestTime) -> Result<Insertion, PortError> {
        let outcomes = self.insert_all(slice::from_ref(user), request_time).await?;
        outcomes.first().copied().ok_or_else(|| PortError::corrupt("an insert has no outcome"))
    }

    /// Deletes a user.
    ///
    /// # Errors
    /// As for the trait. A user to whom other tables refer is an outcome.
    async fn delete(&self, id: UserId, request_time: RequestTime) -> Result<Deletion, PortError>;

    /// Sets the status of a user. Returns whether the user exists.
    ///
    /// # Errors
    /// As for the trait.
    async fn set_status(
        &self,
        id: UserId,
        status: UserStatus,
        request_time: RequestTime,
    ) -> Result<bool, PortError>;

    /// Replaces the password hash if it still is the expected one: a compare-and-set of this one column.
    ///
    /// # Parameters
    /// - `expected`: the hash that was read; `None` if there was none.
    /// - `new`: the hash to store.
    ///
    /// # Errors
    /// As for the trait. Another stored hash is an outcome.
    async fn replace_password_hash(
        &self,
        id: UserId,
        expected: Option<PasswordHash>,
        new: &PasswordHash,
        request_time: RequestTime,
    ) -> Result<Replacement, PortError>;
}
