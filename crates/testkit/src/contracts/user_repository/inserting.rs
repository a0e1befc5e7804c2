//! Inserting users, and their tenant.

use std::sync::Arc;

use auth_domain::ports::Insertion;

use super::{found, insert, insert_all, inserted, stored_hash, tenant};
use crate::{
    RACERS, ROUNDS, START, UserRepositoryFixture, a_tenant_id, a_user, an_email, race, request_time_at,
};

/// Exactly one of many concurrent inserts with one email succeeds, and the others store nothing.
pub async fn email_is_unique_under_race(fixture: &UserRepositoryFixture) {
    let tenant = tenant(fixture).await;
    for _ in 0..ROUNDS {
        let email = an_email();
        let candidates: Vec<_> = (0..RACERS)
            .map(|_| {
                let mut user = a_user(tenant);
                user.email = email.clone();
                user
            })
            .collect();
        let results = race(candidates.iter().cloned().map(|user| {
            let users = Arc::clone(&fixture.users);
            async move { users.insert(&user, request_time_at(START)).await.unwrap() }
        }))
        .await;

        let winner = fixture.users.find_by_email(&email, request_time_at(START)).await.unwrap();
        let winner = winner.expect("one insert succeeds").id;
        for (user, result) in candidates.iter().zip(results) {
            let expected = if user.id == winner { Insertion::Inserted } else { Insertion::Taken };
            assert_eq!(result, expected);
            assert_eq!(found(fixture, user.id).await.is_some(), user.id == winner);
        }
    }

    let first = inserted(fixture).await;
    let mut second = a_user(tenant);
    second.email = first.email;
    assert_eq!(insert(fixture, &second).await, Insertion::Taken);
    assert_eq!(
        stored_hash(fixture, first.id).await,
        first.password_hash,
        "the rejected insert changed the stored hash"
    );
}

/// A user whose tenant does not exist is not inserted.
pub async fn unknown_tenant_is_rejected(fixture: &UserRepositoryFixture) {
    tenant(fixture).await;
    let user = a_user(a_tenant_id());
    assert_eq!(insert(fixture, &user).await, Insertion::UnknownTenant);
    assert_eq!(found(fixture, user.id).await, None);
}

/// Users whose email, id or tenant is rejected do not keep the others of the call from being inserted.
pub async fn rejected_users_do_not_reject_others(fixture: &UserRepositoryFixture) {
    let stored = inserted(fixture).await;
    let mut users: Vec<_> = (0..6).map(|_| a_user(stored.tenant_id)).collect();
    users[1].email = stored.email.clone();
    users[2].tenant_id = a_tenant_id();
    users[3].id = stored.id;
    users[4].password_hash = None;
    let outcomes = insert_all(fixture, &users).await;
    let expected = [
        Insertion::Inserted,
        Insertion::Taken,
        Insertion::UnknownTenant,
        Insertion::Taken,
        Insertion::Inserted,
        Insertion::Inserted,
    ];
    assert_eq!(outcomes, expected);
    for (user, outcome) in users.iter().zip(outcomes) {
        let email = fixture.users.find_by_email(&user.email, request_time_at(START)).await.unwrap();
        assert_eq!(email.is_some_and(|found| found.id == user.id), outcome == Insertion::Inserted);
    }
    assert_eq!(stored_hash(fixture, users[4].id).await, None);
    assert_eq!(stored_hash(fixture, users[5].id).await, users[5].password_hash);
    let unchanged = found(fixture, stored.id).await.expect("the user exists");
    assert_eq!((unchanged.email, unchanged.password_hash), (stored.email, stored.password_hash));
    assert_eq!(insert_all(fixture, &[]).await, []);
}

/// Of two users with one email or one id in one call, the first is inserted.
pub async fn email_is_inserted_once_in_one_call(fixture: &UserRepositoryFixture) {
    let tenant = tenant(fixture).await;
    let first = a_user(tenant);
    let (mut same_email, mut same_id) = (a_user(tenant), a_user(tenant));
    same_email.email = first.email.clone();
    same_id.id = first.id;
    let users = [first.clone(), same_email.clone(), same_id, first.clone()];
    let outcomes = insert_all(fixture, &users).await;
    assert_eq!(outcomes, [Insertion::Inserted, Insertion::Taken, Insertion::Taken, Insertion::Taken]);
    assert_eq!(stored_hash(fixture, first.id).await, first.password_hash);
    assert_eq!(found(fixture, first.id).await.map(|user| user.email), Some(first.email));
    assert_eq!(found(fixture, same_email.id).await, None);
}

/// One candidate becomes the default tenant, and every caller gets it.
pub async fn default_tenant_is_created_once(fixture: &UserRepositoryFixture) {
    let candidates: Vec<_> = (0..RACERS).map(|_| a_tenant_id()).collect();
    let tenants = race(candidates.iter().copied().map(|candidate| {
        let users = Arc::clone(&fixture.users);
        async move { users.default_tenant(candidate, request_time_at(START)).await.unwrap() }
    }))
    .await;
    let created = tenants[0];
    assert!(tenants.iter().all(|tenant| *tenant == created), "callers got different default tenants");
    assert!(candidates.contains(&created), "the default tenant is not one of the candidates");
    assert_eq!(tenant(fixture).await, created);
    assert_eq!(insert(fixture, &a_user(created)).await, Insertion::Inserted);
}
