//! Deleting users.

use auth_domain::ports::{Deletion, Insertion};

use super::{found, insert, inserted};
use crate::{START, UserRepositoryFixture, a_user_id, request_time_at};

/// A deleted user is not found any more and the email is free, and no other user is deleted.
pub async fn only_the_deleted_user_is_gone(fixture: &UserRepositoryFixture) {
    let (user, other) = (inserted(fixture).await, inserted(fixture).await);
    assert_eq!(delete(fixture, a_user_id()).await, Deletion::Unknown);
    assert_eq!(delete(fixture, user.id).await, Deletion::Deleted);
    assert_eq!(delete(fixture, user.id).await, Deletion::Unknown);
    assert_eq!(found(fixture, user.id).await, None);
    let by_email = fixture.users.find_by_email(&user.email, request_time_at(START)).await.unwrap();
    assert_eq!(by_email, None);
    let page = fixture.users.page(None, 10, request_time_at(START)).await.unwrap();
    assert_eq!(page.users.iter().map(|user| user.id).collect::<Vec<_>>(), [other.id]);
    assert_eq!(insert(fixture, &user).await, Insertion::Inserted);
}

async fn delete(fixture: &UserRepositoryFixture, id: auth_domain::model::UserId) -> Deletion {
    fixture.users.delete(id, request_time_at(START)).await.unwrap()
}
