//! Which password fits which hash.

use std::time::Duration;

use auth_domain::model::PasswordHash;
use auth_domain::ports::{Credential, PasswordCheck};

use super::{CURRENT, PASSWORD, hashed, judged, verified};
use crate::request_time::real_instant;
use crate::{PasswordHasherFixture, a_password, vectors};

/// The password fits the hash that was made of it, and another one does not.
pub async fn own_hash_verifies_and_no_other_password_does(fixture: &PasswordHasherFixture) {
    let stored = hashed(&*fixture.hasher, PASSWORD).await;
    assert_eq!(verified(fixture, PASSWORD, &stored).await, CURRENT);
    for other in ["another password", "c", stored.expose()] {
        assert_eq!(verified(fixture, other, &stored).await, PasswordCheck::Invalid);
    }
}

/// Nothing is trimmed, folded, cut or normalised before hashing.
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
        assert_eq!(check, PasswordCheck::Invalid, "the first {length} bytes are enough");
    }
}

/// One password gives many hashes, and fits them all.
pub async fn every_hash_has_its_own_salt(fixture: &PasswordHasherFixture) {
    let first = hashed(&*fixture.hasher, PASSWORD).await;
    let second = hashed(&*fixture.hasher, PASSWORD).await;
    assert_ne!(first.expose(), second.expose());
    assert_eq!(verified(fixture, PASSWORD, &first).await, CURRENT);
    assert_eq!(verified(fixture, PASSWORD, &second).await, CURRENT);
}

/// With nothing to compare with, any password is wrong, after the work of an ordinary verification.
pub async fn missing_hash_never_verifies(fixture: &PasswordHasherFixture) {
    let stored = hashed(&*fixture.hasher, PASSWORD).await;
    let (mut with_hash, mut without) = (Duration::MAX, Duration::MAX);
    // The fastest of several, since a busy machine makes single ones slow.
    for _ in 0..5 {
        let (active, missing) = (Credential::Active(stored.clone()), Credential::Missing);
        with_hash = with_hash.min(timed(fixture, PASSWORD, active, CURRENT).await);
        without = without.min(timed(fixture, PASSWORD, missing, PasswordCheck::Invalid).await);
    }
    assert!(without * 4 > with_hash, "{without:?} without a hash, {with_hash:?} with one");
    for text in ["a", "\u{0}", "dummy", "password"] {
        assert_eq!(judged(fixture, &a_password(text), Credential::Missing).await, PasswordCheck::Invalid);
    }
}

/// A wrong password, a missing hash and an inactive user's right password take as long as the dearest hash.
///
/// The fixture has legacy hashes switched on: they cost nine times as much as the cheapest hash of new
/// passwords. Half of the dearest time separates the two, on a busy machine, too.
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
    assert_eq!(judged(fixture, &a_password(password), credential).await, expected);
    started.elapsed()
}
