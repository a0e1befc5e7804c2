//! The formats of stored hashes.

use std::time::Duration;

use auth_domain::model::{HashFormat, HashUse, PasswordHash};
use auth_domain::ports::PasswordCheck;
use tokio::time::timeout;

use super::{CURRENT, OUTDATED, PASSWORD, hashed, verified};
use crate::{PasswordHasherFixture, vectors};

/// A new hash contains its algorithm and parameters, so that a hasher with other parameters can verify it.
pub async fn new_hashes_are_phc_strings(fixture: &PasswordHasherFixture) {
    for hasher in [&fixture.hasher, &fixture.other_parameters] {
        let stored = hashed(&**hasher, PASSWORD).await;
        let text = stored.expose();
        assert!(text.starts_with("$argon2id$v=19$m="), "{text}");
        let parts: Vec<&str> = text.split('$').collect();
        let ["", _, _, parameters, salt, hash] = parts.as_slice() else { panic!("not a PHC string: {text}") };
        let names: Vec<&str> =
            parameters.split(',').map(|parameter| parameter.split('=').next().unwrap()).collect();
        assert_eq!(names, ["m", "t", "p"], "{text}");
        // 16 and 32 bytes in base64 without padding, as RFC 9106 §4 recommends.
        assert!(salt.len() >= 22 && hash.len() >= 43, "{text}");
    }
}

/// A hash with other parameters verifies and is reported as outdated.
pub async fn hash_of_other_parameters_is_outdated(fixture: &PasswordHasherFixture) {
    let other = hashed(&*fixture.other_parameters, PASSWORD).await;
    assert_eq!(verified(fixture, PASSWORD, &other).await, OUTDATED);
    assert_eq!(verified(fixture, "another password", &other).await, PasswordCheck::Invalid);

    let own = hashed(&*fixture.hasher, PASSWORD).await;
    assert_eq!(verified(fixture, PASSWORD, &own).await, CURRENT);
}

/// A hash of the legacy service verifies and is reported as outdated.
///
/// This case uses three vectors, because each costs some hundred milliseconds. The tests of the adapter use all of them.
pub async fn legacy_hash_verifies_as_outdated(fixture: &PasswordHasherFixture) {
    for case in vectors::legacy_password_hashes().into_iter().take(3) {
        let stored = PasswordHash::new(case.stored);
        assert_eq!(verified(fixture, &case.password, &stored).await, OUTDATED, "{:?}", case.password);
        assert_eq!(verified(fixture, "another password", &stored).await, PasswordCheck::Invalid);
    }
}

/// A text that is not a hash is `Unusable`, which is not the same as a wrong password.
pub async fn malformed_hash_is_unusable(fixture: &PasswordHasherFixture) {
    for text in malformed_hashes(fixture).await {
        let check = verified(fixture, PASSWORD, &PasswordHash::new(text.clone())).await;
        assert_eq!(check, PasswordCheck::Unusable, "{text:?}");
    }
}

/// What is known of a stored text without a password agrees with the verification.
pub async fn usability_is_what_verify_finds(fixture: &PasswordHasherFixture) {
    let usability = |text: &str| fixture.hasher.usability(&PasswordHash::new(text.to_owned()));
    let own = hashed(&*fixture.hasher, PASSWORD).await;
    assert_eq!(usability(own.expose()), HashUse::Verifies(HashFormat::Argon2id));
    for case in vectors::legacy_password_hashes() {
        assert_eq!(usability(&case.stored), HashUse::Verifies(HashFormat::Legacy));
    }
    for text in malformed_hashes(fixture).await {
        // A format that is switched off does not verify either.
        let is_possible = matches!(usability(&text), HashUse::Unusable | HashUse::SwitchedOff(_));
        assert!(is_possible, "{text:?}");
    }
}

async fn malformed_hashes(fixture: &PasswordHasherFixture) -> Vec<String> {
    let own = hashed(&*fixture.hasher, PASSWORD).await;
    let half = &own.expose()[..own.expose().len() / 2];
    let texts = [
        "",
        " ",
        ":",
        PASSWORD,
        half,
        "$argon2id$",
        "$argon2id$v=19$m=19456,t=2,p=1$$",
        "$argon2id$v=19$m=19456,t=two,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "c2hvcnQ=:c2hvcnQ=",
        "not base64!:neither this",
        "5f4dcc3b5aa765d61d8327deb882cf99",
    ];
    texts.map(str::to_owned).into()
}

/// A stored hash cannot make the server use excessive memory or time.
pub async fn excessive_parameters_are_rejected(fixture: &PasswordHasherFixture) {
    for parameters in [
        "m=1048576,t=2,p=1",
        "m=4294967295,t=1,p=1",
        "m=19456,t=1000000,p=1",
        "m=19456,t=4294967295,p=1",
        "m=1048576,t=2,p=10000",
    ] {
        let stored = PasswordHash::new(format!(
            "$argon2id$v=19${parameters}$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
        ));
        let check = timeout(Duration::from_secs(5), verified(fixture, PASSWORD, &stored)).await;
        assert_eq!(check, Ok(PasswordCheck::Unusable), "{parameters}");
    }
}
