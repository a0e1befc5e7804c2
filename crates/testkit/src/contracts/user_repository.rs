//! The contract of `UserRepository`.

mod deleting;
mod inserting;
mod reading;
mod replacing;

pub use deleting::only_the_deleted_user_is_gone;
pub use inserting::{
    default_tenant_is_created_once, email_is_inserted_once_in_one_call, email_is_unique_under_race,
    rejected_users_do_not_reject_others, unknown_tenant_is_rejected,
};
pub use reading::{
    call_past_its_deadline_changes_nothing, hash_parameters_are_counted_without_salts,
    inserted_user_is_found_by_email_and_by_id, pages_have_every_user_once, status_is_stored,
    unknown_user_is_not_found, user_without_password_has_no_hash,
};
pub use replacing::{hash_is_replaced_only_if_it_is_the_expected_one, one_concurrent_replace_wins};

use auth_domain::model::{NewUser, PasswordHash, TenantId, User, UserId};
use auth_domain::ports::{Insertion, Replacement};

use crate::{START, UserRepositoryFixture, a_tenant_id, a_user, request_time_at};

/// Returns the default tenant; creates it if it does not exist.
async fn tenant(fixture: &UserRepositoryFixture) -> TenantId {
    fixture.users.default_tenant(a_tenant_id(), request_time_at(START)).await.unwrap()
}

/// Inserts a new user of the default tenant.
async fn inserted(fixture: &UserRepositoryFixture) -> NewUser {
    let user = a_user(tenant(fixture).await);
    assert_eq!(insert(fixture, &user).await, Insertion::Inserted);
    user
}

async fn insert(fixture: &UserRepositoryFixture, user: &NewUser) -> Insertion {
    fixture.users.insert(user, request_time_at(START)).await.unwrap()
}

async fn insert_all(fixture: &UserRepositoryFixture, users: &[NewUser]) -> Vec<Insertion> {
    fixture.users.insert_all(users, request_time_at(START)).await.unwrap()
}

async fn found(fixture: &UserRepositoryFixture, id: UserId) -> Option<User> {
    fixture.users.find_by_id(id, request_time_at(START)).await.unwrap()
}

/// Returns the stored hash of an existing user.
async fn stored_hash(fixture: &UserRepositoryFixture, id: UserId) -> Option<PasswordHash> {
    found(fixture, id).await.expect("the user exists").password_hash
}

async fn replace(
    fixture: &UserRepositoryFixture,
    id: UserId,
    expected: Option<&PasswordHash>,
    new: &PasswordHash,
) -> Replacement {
    fixture.users.replace_password_hash(id, expected.cloned(), new, request_time_at(START)).await.unwrap()
}

fn a_hash(text: &str) -> PasswordHash {
    PasswordHash::new(format!("$argon2id$v=19$m=19456,t=2,p=1${text}"))
}
