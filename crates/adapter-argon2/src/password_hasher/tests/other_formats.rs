//! Hashes of bcrypt, PBKDF2 and scrypt.

use super::*;
use crate::algorithms::{Algorithm, PerAlgorithm};

const OTHERS: Argon2Config =
    Argon2Config { formats: OtherFormats { bcrypt: true, pbkdf2: true, scrypt: true }, ..CHEAP };
const OUTDATED: PasswordCheck = PasswordCheck::Valid { outdated: true };

fn stored(format: &str) -> vectors::OtherPasswordHash {
    vectors::other_password_hashes().into_iter().find(|case| case.format == format).unwrap()
}

// S-03, S-05
#[tokio::test(flavor = "multi_thread")]
async fn hashes_of_other_programs_verify_as_outdated() {
    let hasher = hasher(OTHERS);
    for case in vectors::other_password_hashes() {
        assert_eq!(check(&hasher, &case.password, &case.stored).await, OUTDATED, "{case:?}");
        let other = format!(" {}", case.password);
        assert_eq!(check(&hasher, &other, &case.stored).await, PasswordCheck::Invalid, "{case:?}");
    }
}

#[tokio::test]
async fn a_format_verifies_only_if_it_is_listed() {
    let listed = |bcrypt, pbkdf2, scrypt| {
        hasher(Argon2Config { formats: OtherFormats { bcrypt, pbkdf2, scrypt }, ..CHEAP })
    };
    let hashers = [
        ("bcrypt", listed(true, false, false)),
        ("pbkdf2", listed(false, true, false)),
        ("scrypt", listed(false, false, true)),
    ];
    for (format, hasher) in &hashers {
        for (other, _) in &hashers {
            let case = stored(other);
            let expected = if other == format { OUTDATED } else { PasswordCheck::Unusable };
            assert_eq!(check(hasher, &case.password, &case.stored).await, expected, "{format} {other}");
        }
    }
}

/// bcrypt ends at 72 bytes, so the rest of a longer password does not count until the hash is replaced.
#[tokio::test]
async fn bcrypt_compares_the_first_72_bytes_only() {
    let hasher = hasher(OTHERS);
    let cases = vectors::other_password_hashes().into_iter();
    let case = cases.filter(|case| case.format == "bcrypt").find(|case| case.password.len() > 72).unwrap();
    let (first, _) = case.password.split_at(72);
    assert_eq!(check(&hasher, &format!("{first} another rest"), &case.stored).await, OUTDATED);
    assert_eq!(check(&hasher, &first[..71], &case.stored).await, PasswordCheck::Invalid);
}

/// Otherwise `a`, a NUL and `a` would match the hash of `a`.
// S-05
#[tokio::test]
async fn a_password_with_nul_never_matches_bcrypt() {
    let hasher = hasher(OTHERS);
    let cases = vectors::other_password_hashes().into_iter();
    let case = cases.filter(|case| case.format == "bcrypt").find(|case| case.password == "a").unwrap();
    assert_eq!(check(&hasher, "a", &case.stored).await, OUTDATED);
    for password in ["a\0a", "a\0", "a\0a\0a", "a\0b"] {
        assert_eq!(check(&hasher, password, &case.stored).await, PasswordCheck::Invalid, "{password:?}");
    }
}

/// HMAC pads a short key with zeros, so a password and the same password with a NUL at its end have the same hashes.
// S-05
#[tokio::test]
async fn a_final_nul_never_matches_pbkdf2_or_scrypt() {
    let hasher = hasher(OTHERS);
    for format in ["pbkdf2", "scrypt"] {
        let case = stored(format);
        assert_eq!(check(&hasher, &case.password, &case.stored).await, OUTDATED, "{format}");
        for nul in ["\0", "\0\0"] {
            let password = format!("{}{nul}", case.password);
            assert_eq!(check(&hasher, &password, &case.stored).await, PasswordCheck::Invalid, "{format}");
        }
    }
}

// S-09
#[tokio::test(flavor = "multi_thread")]
async fn every_rejection_does_the_work_of_each_format_in_use() {
    let hasher = hasher(OTHERS);
    let in_use = ["$2b$06", "$pbkdf2-sha256$i=3000,l=32", "$pbkdf2-sha512$2000", "$scrypt$ln=11,r=8,p=1"];
    let in_use: Vec<_> = in_use.iter().map(|text| HashParameters::parse(text).unwrap()).collect();
    let cost = hasher.charge_for(&in_use);
    assert_eq!(
        cost.parameters,
        "$argon2id$v=19$m=7168,t=5,p=1 + $2b$06 + $pbkdf2-sha256$i=3000 + $pbkdf2-sha512$i=2000 + $scrypt$ln=11,r=8,p=1"
    );
    let current = hasher.hash(&a_password("right"), request_time()).await.unwrap();
    let others = vectors::other_password_hashes()
        .into_iter()
        .map(|case| Credential::Active(PasswordHash::new(case.stored)));
    let credentials =
        [Credential::Missing, Credential::Inactive(current.clone()), Credential::Active(current)];
    for credential in credentials.into_iter().chain(others) {
        hasher.pool.work_of_jobs().clear();
        compare(&hasher, "wrong", credential).await;
        let job = hasher.pool.work_of_jobs()[0];
        assert_equal(&job, &hasher.pool.target());
    }
}

fn assert_equal(job: &PerAlgorithm<u64>, target: &WorkTarget) {
    for (algorithm, work) in job.iter() {
        let missing = target.work(algorithm) - work;
        // Whole memory steps of Argon2, and whole blocks of scrypt.
        let allowed = match algorithm {
            Algorithm::Argon2id => 20,
            Algorithm::Scrypt => 16,
            Algorithm::Bcrypt | Algorithm::Pbkdf2Sha256 | Algorithm::Pbkdf2Sha512 => 0,
        };
        assert!(missing <= allowed, "{algorithm:?}: {work} of {}", target.work(algorithm));
    }
}

/// The queue must not admit more callers than it can serve.
#[test]
fn the_time_of_a_rejection_includes_every_format_in_use() {
    let hasher = hasher(OTHERS);
    let argon2id = hasher.charge_for(&[]).time;
    for parameters in ["$2b$14", "$pbkdf2-sha256$i=2000000", "$scrypt$ln=18,r=8,p=1"] {
        let time = hasher.charge_for(&[HashParameters::parse(parameters).unwrap()]).time;
        assert!(time > argon2id * 2, "{parameters}: {time:?}");
    }
}
