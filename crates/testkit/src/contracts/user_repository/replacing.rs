//! Replacing a password hash if it is still the expected one.

use std::sync::Arc;

use auth_domain::ports::Replacement;

use super::{a_hash, inserted, replace, stored_hash};
use crate::{RACERS, ROUNDS, START, UserRepositoryFixture, a_user_id, race, request_time_at};

/// A replace with another expected hash than the stored one changes nothing and returns `Changed`.
pub async fn hash_is_replaced_only_if_it_is_the_expected_one(fixture: &UserRepositoryFixture) {
    let (user, other) = (inserted(fixture).await, inserted(fixture).await);
    let first = user.password_hash.as_ref();
    assert_eq!(replace(fixture, user.id, first, &a_hash("second")).await, Replacement::Replaced);
    assert_eq!(stored_hash(fixture, user.id).await, Some(a_hash("second")));

    for stale in [first, None] {
        assert_eq!(replace(fixture, user.id, stale, &a_hash("third")).await, Replacement::Changed);
        assert_eq!(stored_hash(fixture, user.id).await, Some(a_hash("second")));
    }
    assert_eq!(stored_hash(fixture, other.id).await, other.password_hash, "the hash of another user changed");
    assert_eq!(replace(fixture, a_user_id(), None, &a_hash("third")).await, Replacement::Changed);
}

/// Exactly one of many concurrent replaces with the same expected hash wins.
pub async fn one_concurrent_replace_wins(fixture: &UserRepositoryFixture) {
    for _ in 0..ROUNDS {
        let user = inserted(fixture).await;
        let results = race((0..RACERS).map(|racer| {
            let (users, expected) = (Arc::clone(&fixture.users), user.password_hash.clone());
            async move {
                let new = a_hash(&racer.to_string());
                users.replace_password_hash(user.id, expected, &new, request_time_at(START)).await.unwrap()
            }
        }))
        .await;
        let winners: Vec<_> = (0..RACERS).filter(|racer| results[*racer] == Replacement::Replaced).collect();
        let [winner] = winners.as_slice() else { panic!("the replaces {winners:?} won") };
        assert_eq!(stored_hash(fixture, user.id).await, Some(a_hash(&winner.to_string())));
    }
}
