//! Passwords that match a hash, and the time of a verification.

use std::time::Duration;

use auth_domain::model::PasswordHash;
use auth_domain::ports::{Credential, PasswordCheck};

use super::{CURRENT, PASSWORD, hashed, verified, verified_as};
use crate::request_time::real_instant;
use crate::{PasswordHasherFixture, a_password, vectors};

/// A password matches the hash that was made from it, and no other password does.
pub async fn hash_verifies_only_its_own_password(fixture: &PasswordHasherFixture) {
    let stored = hashed(&*fixture.hasher, PASSWORD).await;
    assert_eq!(verified(fixture, PASSWORD, &stored).await, CURRENT);
    for other in ["another password", "c", stored.expose()] {
        assert_eq!(verified(fixture, other, &stored).await, PasswordCheck::Invalid);
    }
}

/// A password is not trimmed, case-folded, truncated or normalised before it is hashed.
pub async fn every_byte_of_the_password_counts(fixture: &PasswordHasherFixture) {
    let original = " P\u{e4}ssword \u{0} with everything ";
    let others = [
        original.trim().to_owned(),
        original.to_lowercase(),
        original.replace('\u{e4}', "a\u{308}"),
        original.replace('\u{0}', ""),
        original.split('\u{0}').next().unwrap().to_owned(),
    ];
    let stored = hashed(&*fixture.hasher, original).await;
    assert_eq!(verified(fixture, original, &stored).await, CURRENT);
    for other in others {
        assert_eq!(verified(fixture, &other, &stored).await, PasswordCheck::Invalid, "{other:?}");
    }

    let longest = "x".repeat(1024);
    let stored = hashed(&*fixture.hasher, &longest).await;
    assert_eq!(verified(fixture, &longest, &stored).await, CURRENT);
    for length in [72, 1023] {
        let check = verified(fixture, &longest[..length], &stored).await;
        assert_eq!(check, PasswordCheck::Invalid, "only the first {length} bytes count");
    }
}

/// Two hashes of one password differ, and the password matches both.
pub async fn every_hash_has_its_own_salt(fixture: &PasswordHasherFixture) {
    let first = hashed(&*fixture.hasher, PASSWORD).await;
    let second = hashed(&*fixture.hasher, PASSWORD).await;
    assert_ne!(first.expose(), second.expose());
    assert_eq!(verified(fixture, PASSWORD, &first).await, CURRENT);
    assert_eq!(verified(fixture, PASSWORD, &second).await, CURRENT);
}

/// Without a stored hash every password is invalid, and the verification costs as much as one with a hash.
pub async fn missing_hash_never_verifies(fixture: &PasswordHasherFixture) {
    let stored = hashed(&*fixture.hasher, PASSWORD).await;
    let (mut with_hash, mut without) = (Duration::MAX, Duration::MAX);
    // The minimum of several runs excludes the noise of a busy machine.
    for _ in 0..5 {
        let (active, missing) = (Credential::Active(stored.clone()), Credential::Missing);
        with_hash = with_hash.min(timed(fixture, PASSWORD, active, CURRENT).await);
        without = without.min(timed(fixture, PASSWORD, missing, PasswordCheck::Invalid).await);
    }
    assert!(without * 4 > with_hash, "{without:?} without a hash, {with_hash:?} with one");
    for text in ["a", "\u{0}", "dummy", "password"] {
        assert_eq!(
            verified_as(fixture, &a_password(text), Credential::Missing).await,
            PasswordCheck::Invalid
        );
    }
}

/// A wrong password, a missing hash and the correct password of an inactive user cost as much as the most expensive hash.
///
/// The fixture accepts legacy hashes, which cost nine times as much as the cheapest hash of a new password. Half of the
/// time of a legacy hash separates the two even on a busy machine.
pub async fn rejection_costs_as_much_as_the_most_expensive_hash(fixture: &PasswordHasherFixture) {
    let current = hashed(&*fixture.hasher, PASSWORD).await;
    let legacy = vectors::legacy_password_hashes().remove(0).stored;
    let rejections = [
        ("legacy hash", WRONG, Credential::Active(PasswordHash::new(legacy)), PasswordCheck::Invalid),
        ("current hash", WRONG, Credential::Active(current.clone()), PasswordCheck::Invalid),
        ("missing hash", WRONG, Credential::Missing, PasswordCheck::Invalid),
        ("inactive user", PASSWORD, Credential::Inactive(current), CURRENT),
        ("no hash", WRONG, Credential::Active(PasswordHash::new("?".to_owned())), PasswordCheck::Unusable),
    ];
    let mut times = [Duration::MAX; 5];
    for _ in 0..3 {
        for ((_, password, credential, expected), time) in rejections.iter().zip(&mut times) {
            *time = (*time).min(timed(fixture, password, credential.clone(), *expected).await);
        }
    }
    for ((name, ..), time) in rejections.iter().zip(times) {
        assert!(time * 2 > times[0], "{name}: {time:?}, {:?} with a legacy hash", times[0]);
    }
}

const WRONG: &str = "another password";

async fn timed(
    fixture: &PasswordHasherFixture,
    password: &str,
    credential: Credential,
    expected: PasswordCheck,
) -> Duration {
    let started = real_instant();
    assert_eq!(verified_as(fixture, &a_password(password), credential).await, expected);
    started.elapsed()
}
