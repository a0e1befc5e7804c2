//! Every rejected login does the work of the most expensive stored hash, counted in block compressions.

use super::*;
use crate::algorithms::Algorithm;

/// More work than a hash of [`CHEAP`].
const EXPENSIVE: &str = "$argon2id$v=19$m=8192,t=9,p=2";
/// More memory than [`EXPENSIVE`], with less work.
const LARGE: &str = "$argon2id$v=19$m=16384,t=1,p=1";
const SALT_AND_HASH: &str = "$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";

fn stored(parameters: &str) -> PasswordHash {
    PasswordHash::new(format!("{parameters}{SALT_AND_HASH}"))
}

fn in_use(parameters: &[&str]) -> Vec<HashParameters> {
    parameters.iter().map(|text| HashParameters::parse(text).unwrap()).collect()
}

/// Returns the work of each job in Argon2id since the last call.
fn work_of_jobs(hasher: &Argon2PasswordHasher) -> Vec<u64> {
    let jobs = std::mem::take(&mut *hasher.pool.work_of_jobs());
    jobs.iter().map(|work| *work.get(Algorithm::Argon2id)).collect()
}

/// The work of a rejected login in Argon2id.
fn target_work(hasher: &Argon2PasswordHasher) -> u64 {
    hasher.pool.target().work(Algorithm::Argon2id)
}

/// Every kind of rejection of a login.
async fn rejections(hasher: &Argon2PasswordHasher) -> Vec<(&'static str, Credential)> {
    let current = hasher.hash(&a_password("right"), request_time()).await.unwrap();
    let mut rejections = vec![
        ("unknown email, or no password", Credential::Missing),
        ("wrong password, current hash", Credential::Active(stored("$argon2id$v=19$m=7168,t=5,p=1"))),
        ("wrong password, expensive hash", Credential::Active(stored(EXPENSIVE))),
        ("wrong password, large hash", Credential::Active(stored(LARGE))),
        ("inactive user, right password", Credential::Inactive(current)),
        ("inactive user, wrong password", Credential::Inactive(stored(LARGE))),
        ("unknown format", Credential::Active(PasswordHash::new("no hash".to_owned()))),
        ("out of bounds", Credential::Active(stored("$argon2id$v=19$m=4294967295,t=5,p=1"))),
    ];
    if hasher.config.legacy {
        let legacy = vectors::legacy_password_hashes().remove(0).stored;
        rejections.push(("wrong password, legacy hash", Credential::Active(PasswordHash::new(legacy))));
    }
    rejections
}

async fn assert_equal_work(hasher: &Argon2PasswordHasher, simultaneous: &[usize]) {
    let target = target_work(hasher);
    let remaining = hasher.pool.target().remaining(None);
    let [HashCost::Argon2(highest)] = remaining[..] else { panic!("{remaining:?}") };
    // The second hash of a job uses whole steps of 4 KiB per lane, so its work may be up to one step per pass too small.
    let minimum = target - u64::from(4 * highest.parallelism * highest.iterations);
    for (name, credential) in rejections(hasher).await {
        work_of_jobs(hasher);
        for n in simultaneous {
            let attempts = (0..*n).map(|_| compare(hasher, "right", credential.clone()));
            futures_util::future::join_all(attempts).await;
            let jobs = work_of_jobs(hasher);
            assert_eq!(jobs.len(), *n, "{name}");
            let is_equal = jobs.iter().all(|work| (minimum..=target).contains(work));
            assert!(is_equal, "{name}: {jobs:?} instead of {target}");
        }
    }
}

// S-09
#[tokio::test(flavor = "multi_thread")]
async fn every_rejection_does_the_work_of_the_most_expensive_hash() {
    let hasher = hasher(CHEAP);
    hasher.charge_for(&in_use(&[EXPENSIVE, LARGE]));
    assert_equal_work(&hasher, &[1, 2, 4, 8]).await;
}

// S-09
#[tokio::test(flavor = "multi_thread")]
async fn every_rejection_does_the_work_of_an_accepted_legacy_hash() {
    let hasher = hasher(Argon2Config { legacy: true, ..CHEAP });
    hasher.charge_for(&in_use(&[EXPENSIVE, LARGE]));
    assert_eq!(target_work(&hasher), Cost::LEGACY.work());
    assert_equal_work(&hasher, &[1, 2]).await;
}

// S-09
#[tokio::test(flavor = "multi_thread")]
async fn many_simultaneous_rejections_of_every_kind_do_equal_work() {
    let hasher = hasher(CHEAP);
    hasher.charge_for(&in_use(&[EXPENSIVE, LARGE]));
    let kinds = rejections(&hasher).await;
    work_of_jobs(&hasher);
    let attempts = kinds.iter().map(|(_, credential)| compare(&hasher, "right", credential.clone()));
    futures_util::future::join_all(attempts).await;
    let (jobs, work) = (work_of_jobs(&hasher), target_work(&hasher));
    assert_eq!(jobs.len(), kinds.len());
    assert!(jobs.iter().all(|job| work - job < 40), "{jobs:?}");
}

#[tokio::test]
async fn a_correct_password_needs_only_its_own_hash() {
    let hasher = hasher(CHEAP);
    hasher.charge_for(&in_use(&[EXPENSIVE]));
    let current = hasher.hash(&a_password("right"), request_time()).await.unwrap();
    work_of_jobs(&hasher);
    let check = compare(&hasher, "right", Credential::Active(current)).await;
    assert_eq!(check, PasswordCheck::Valid { outdated: false });
    assert_eq!(work_of_jobs(&hasher), [7_168 * 5]);
}

/// Another program may store a more expensive hash at any time.
// S-09
#[tokio::test]
async fn a_more_expensive_hash_counts_from_its_first_use() {
    let hasher = hasher(CHEAP);
    compare(&hasher, "wrong", Credential::Active(stored(EXPENSIVE))).await;
    work_of_jobs(&hasher);
    compare(&hasher, "wrong", Credential::Missing).await;
    assert_eq!(work_of_jobs(&hasher), [8_192 * 9]);

    let cost = hasher.charge_for(&[]);
    assert_eq!(cost.parameters, "$argon2id$v=19$m=7168,t=5,p=1");
    compare(&hasher, "wrong", Credential::Missing).await;
    assert_eq!(work_of_jobs(&hasher), [7_168 * 5]);
}

// S-04
#[tokio::test]
async fn parameters_out_of_bounds_do_not_count() {
    let hasher = hasher(CHEAP);
    let cost = hasher.charge_for(&in_use(&["$argon2id$v=19$m=4294967295,t=5,p=1", "$2b$12", EXPENSIVE]));
    assert_eq!((cost.parameters.as_str(), cost.concurrency), (EXPENSIVE, 2));
    assert!(cost.time > Duration::ZERO);
}
