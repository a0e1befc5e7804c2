//! Inserting users, and their tenant.

use std::sync::Arc;

use auth_domain::ports::Insertion;

use super::{found, insert, inserted, stored_hash, tenant};
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
            let expected = if user.id == winner { Insertion::Inserted } else { Insertion::EmailTaken };
            assert_eq!(result, expected);
            assert_eq!(found(fixture, user.id).await.is_some(), user.id == winner);
        }
    }

    let first = inserted(fixture).await;
    let mut second = a_user(tenant);
    second.email = first.email;
    assert_eq!(insert(fixture, &second).await, Insertion::EmailTaken);
    assert_eq!(
        stored_hash(fixture, first.id).await,
        Some(first.password_hash),
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
