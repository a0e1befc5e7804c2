//! Every rejected login does the work of the dearest hash that may be stored, counted in block compressions.

use super::*;

/// More work than the current hash of [`CHEAP`], with less memory.
const DEAREST: &str = "$argon2id$v=19$m=8192,t=9,p=2";
/// More memory than the dearest hash, with less work.
const BROAD: &str = "$argon2id$v=19$m=16384,t=1,p=1";
const SALT_AND_HASH: &str = "$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";

fn stored(beginning: &str) -> PasswordHash {
    PasswordHash::new(format!("{beginning}{SALT_AND_HASH}"))
}

fn in_use(beginnings: &[&str]) -> Vec<HashParameters> {
    beginnings.iter().map(|text| HashParameters::parse(text).unwrap()).collect()
}

/// The work of each turn since the last call.
fn turns(hasher: &Argon2PasswordHasher) -> Vec<u64> {
    std::mem::take(&mut *hasher.pool.turns())
}

/// Everything that a login may be rejected for.
async fn rejections(hasher: &Argon2PasswordHasher) -> Vec<(&'static str, Credential)> {
    let current = hasher.hash(&a_password("right"), request_time()).await.unwrap();
    let mut rejections = vec![
        ("unknown email, or no password", Credential::Missing),
        ("wrong password, current hash", Credential::Active(stored("$argon2id$v=19$m=7168,t=5,p=1"))),
        ("wrong password, dearest hash", Credential::Active(stored(DEAREST))),
        ("wrong password, broad hash", Credential::Active(stored(BROAD))),
        ("inactive user, right password", Credential::Inactive(current)),
        ("inactive user, wrong password", Credential::Inactive(stored(BROAD))),
        ("unknown format", Credential::Active(PasswordHash::new("no hash".to_owned()))),
        ("out of bounds", Credential::Active(stored("$argon2id$v=19$m=4294967295,t=5,p=1"))),
    ];
    if hasher.legacy {
        let legacy = vectors::legacy_password_hashes().remove(0).stored;
        rejections.push(("wrong password, legacy hash", Credential::Active(PasswordHash::new(legacy))));
    }
    rejections
}

async fn assert_equal_work(hasher: &Argon2PasswordHasher, simultaneous: &[usize]) {
    let charge = hasher.pool.charge();
    // The rest is a whole number of memory steps.
    let least = charge.work() - 4 * u64::from(charge.dearest().iterations);
    for (name, credential) in rejections(hasher).await {
        turns(hasher);
        for n in simultaneous {
            let attempts = (0..*n).map(|_| compare(hasher, "right", credential.clone()));
            futures_util::future::join_all(attempts).await;
            let turns = turns(hasher);
            assert_eq!(turns.len(), *n, "{name}");
            let is_equal = turns.iter().all(|work| (least..=charge.work()).contains(work));
            assert!(is_equal, "{name}: {turns:?} instead of {}", charge.work());
        }
    }
}

// S-09
#[tokio::test(flavor = "multi_thread")]
async fn every_rejection_does_the_work_of_the_dearest_stored_hash() {
    let hasher = hasher(CHEAP);
    hasher.charge_for(&in_use(&[DEAREST, BROAD]));
    assert_equal_work(&hasher, &[1, 2, 4, 8]).await;
}

// S-09
#[tokio::test(flavor = "multi_thread")]
async fn with_legacy_hashes_every_rejection_does_the_work_of_one() {
    let hasher = hasher(Argon2Config { legacy: true, ..CHEAP });
    hasher.charge_for(&in_use(&[DEAREST, BROAD]));
    assert_eq!(hasher.pool.charge().dearest(), Cost::LEGACY);
    assert_equal_work(&hasher, &[1, 2]).await;
}

// S-09
#[tokio::test(flavor = "multi_thread")]
async fn many_simultaneous_rejections_of_every_kind_do_equal_work() {
    let hasher = hasher(CHEAP);
    hasher.charge_for(&in_use(&[DEAREST, BROAD]));
    let kinds = rejections(&hasher).await;
    turns(&hasher);
    let attempts = kinds.iter().map(|(_, credential)| compare(&hasher, "right", credential.clone()));
    futures_util::future::join_all(attempts).await;
    let (turns, work) = (turns(&hasher), hasher.pool.charge().work());
    assert_eq!(turns.len(), kinds.len());
    assert!(turns.iter().all(|turn| work - turn < 40), "{turns:?}");
}

#[tokio::test]
async fn a_right_password_is_not_held() {
    let hasher = hasher(CHEAP);
    hasher.charge_for(&in_use(&[DEAREST]));
    let current = hasher.hash(&a_password("right"), request_time()).await.unwrap();
    turns(&hasher);
    let check = compare(&hasher, "right", Credential::Active(current)).await;
    assert_eq!(check, PasswordCheck::Valid { outdated: false });
    assert_eq!(turns(&hasher), [7_168 * 5]);
}

/// Another program may store a dearer hash at any time.
// S-09
#[tokio::test]
async fn a_dearer_hash_is_charged_for_from_its_first_use_until_it_is_gone() {
    let hasher = hasher(CHEAP);
    compare(&hasher, "wrong", Credential::Active(stored(DEAREST))).await;
    turns(&hasher);
    compare(&hasher, "wrong", Credential::Missing).await;
    assert_eq!(turns(&hasher), [8_192 * 9]);

    let cost = hasher.charge_for(&[]);
    assert_eq!(cost.parameters, "$argon2id$v=19$m=7168,t=5,p=1");
    compare(&hasher, "wrong", Credential::Missing).await;
    assert_eq!(turns(&hasher), [7_168 * 5]);
}

// S-04
#[tokio::test]
async fn parameters_out_of_bounds_are_not_charged() {
    let hasher = hasher(CHEAP);
    let cost = hasher.charge_for(&in_use(&["$argon2id$v=19$m=4294967295,t=5,p=1", "$2b$12", DEAREST]));
    assert_eq!((cost.parameters.as_str(), cost.concurrency), (DEAREST, 2));
    assert!(cost.time > Duration::ZERO);
}
