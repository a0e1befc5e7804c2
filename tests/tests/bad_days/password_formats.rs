//! Users who were brought from another program, with its password hashes.

use auth_e2e::{ALICE, BOB, Installation, PASSWORD, Server, WRONG_PASSWORD};
use auth_testkit::vectors::{OtherPasswordHash, other_password_hashes};

const FORMATS: [&str; 3] = ["bcrypt", "pbkdf2", "scrypt"];
const NEW_HASH: &str =
    "UPDATE users SET updated_at = updated_at WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";

/// A hash of [`PASSWORD`].
fn stored(format: &str) -> OtherPasswordHash {
    let mut cases = other_password_hashes().into_iter();
    cases.find(|case| case.format == format && case.password == PASSWORD).unwrap()
}

fn replace(installation: &Installation, email: &str, hash: &str) {
    let changed =
        installation.sql(&format!("UPDATE users SET password_hash = '{hash}' WHERE email = '{email}'"));
    assert_eq!(changed, 1);
}

// S-03
#[tokio::test]
async fn a_hash_of_another_program_works_once_and_is_upgraded() {
    let installation =
        Installation::new().set("PASSWORD__FORMATS", &FORMATS.join(",")).with_user(ALICE).await;
    let server = Server::start_on(installation).await;
    for format in FORMATS {
        replace(&server.installation, ALICE, &stored(format).stored);
        assert_eq!(server.installation.sql(NEW_HASH), 0);
        server.login(ALICE, WRONG_PASSWORD).await.expect_error(401, "invalid_credentials");
        server.login(ALICE, PASSWORD).await.tokens();
        assert_eq!(server.installation.sql(NEW_HASH), 1, "{format}");
        server.login(ALICE, PASSWORD).await.tokens();
    }
}

/// bcrypt ignores everything after 72 bytes.
// S-05
#[tokio::test]
async fn an_upgrade_from_bcrypt_hashes_the_whole_password() {
    let installation = Installation::new().set("PASSWORD__FORMATS", "bcrypt").with_user(ALICE).await;
    let mut cases = other_password_hashes().into_iter();
    let case = cases.find(|case| case.format == "bcrypt" && case.password.len() > 72).unwrap();
    replace(&installation, ALICE, &case.stored);
    let server = Server::start_on(installation).await;
    server.login(ALICE, &case.password).await.tokens();
    let (first, _) = case.password.split_at(72);
    server.login(ALICE, first).await.expect_error(401, "invalid_credentials");
    server.login(ALICE, &case.password).await.tokens();
}

// S-94
#[tokio::test]
async fn doctor_counts_hashes_by_whether_they_verify() {
    let installation = Installation::new().with_user(ALICE).await.with_user(BOB).await;
    replace(&installation, ALICE, &stored("bcrypt").stored);
    replace(&installation, BOB, "$argon2id$v=19$no hash");
    let text = installation.cli(&["doctor"], "").await.expect_success();
    for expected in [
        "of 2 users 0 have a hash of Argon2id that verifies, 0 none",
        "1 users have a hash of bcrypt, which is not accepted, and cannot log in; add bcrypt to PASSWORD__FORMATS",
        "1 users have a hash in an unknown format or with parameters out of bounds, and cannot log in",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }

    let installation = installation.set("PASSWORD__FORMATS", "bcrypt");
    let text = installation.cli(&["doctor"], "").await.expect_success();
    for expected in ["0 have a hash of Argon2id that verifies, 1 one of bcrypt, 0 none", " + $2b$05, "] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains("not accepted") && !text.contains(&stored("bcrypt").stored), "{text}");
}

// S-95
#[tokio::test]
async fn an_unknown_password_format_is_rejected_by_name() {
    let installation = Installation::new().set("PASSWORD__FORMATS", "bcrypt,md5");
    let message = installation.cli(&["doctor"], "").await.expect_failure();
    assert!(message.contains("PASSWORD__FORMATS") && message.contains("\"md5\""), "{message}");
}
