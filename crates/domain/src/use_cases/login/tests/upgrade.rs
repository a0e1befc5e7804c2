//! The replacement of an outdated hash, which never fails the login (S-03).

use super::*;
use crate::mocks;

/// A login with an outdated hash, this outcome of the replacement, and `after` as the second lookup.
fn upgrading(replaced: Result<Replacement, PortError>, after: User) -> Setup {
    let mut setup = Setup { users: users(Some(user()), Some(after)), hasher: hasher(OUTDATED), ..setup() };
    setup
        .hasher
        .expect_hash()
        .withf(|sent, _| sent.expose_bytes() == b"correct horse")
        .times(1)
        .return_once(|_, _| Ok(hash("upgraded")));
    setup
        .users
        .expect_replace_password_hash()
        .withf(|id, expected, new, at| {
            *id == user_id()
                && *expected == Some(hash("stored"))
                && *new == hash("upgraded")
                && *at == request_time()
        })
        .times(1)
        .return_once(|_, _, _, _| replaced);
    setup
}

fn upgraded_user() -> User {
    User { password_hash: Some(hash("upgraded")), ..user() }
}

async fn errors(setup: Setup) -> Vec<PortErrorKind> {
    setup.run().await.unwrap().errors.iter().map(PortError::kind).collect()
}

// S-03
#[tokio::test]
async fn an_outdated_hash_is_replaced() {
    assert!(errors(upgrading(Ok(Replacement::Replaced), upgraded_user())).await.is_empty());
}

// S-03
#[tokio::test]
async fn an_error_of_the_replacement_does_not_fail_the_login() {
    let setup = upgrading(Err(port_error(PortErrorKind::Unavailable)), user());
    assert_eq!(errors(setup).await, [PortErrorKind::Unavailable]);
}

// S-03
#[tokio::test]
async fn a_replacement_that_comes_too_late_is_not_an_error() {
    assert!(errors(upgrading(Ok(Replacement::Changed), user())).await.is_empty());
}

// S-03
#[tokio::test]
async fn an_overloaded_hasher_does_not_fail_the_login() {
    let mut setup = Setup { hasher: hasher(OUTDATED), ..setup() };
    setup.hasher.expect_hash().times(1).return_once(|_, _| Err(port_error(PortErrorKind::Overloaded)));
    assert_eq!(errors(setup).await, [PortErrorKind::Overloaded]);
}

#[tokio::test]
async fn a_current_hash_is_not_replaced() {
    assert!(errors(Setup { hasher: hasher(RIGHT), ..setup() }).await.is_empty());
}

#[tokio::test]
async fn an_outdated_hash_is_not_replaced_if_upgrades_are_off() {
    let policy = LoginPolicy { upgrade_hashes: false, ..mocks::login_policy() };
    assert!(errors(Setup { hasher: hasher(OUTDATED), policy, ..setup() }).await.is_empty());
}

#[tokio::test]
async fn a_rejected_user_gets_no_new_hash() {
    let setup = rejection_setup(Some(inactive_user()), OUTDATED);
    assert_eq!(setup.rejection().await, LoginRejection::InactiveUser);
}

#[tokio::test]
async fn a_password_changed_after_the_upgrade_still_ends_the_session() {
    let mut setup =
        upgrading(Ok(Replacement::Replaced), User { password_hash: Some(hash("changed")), ..user() });
    setup.hasher.expect_verify().times(1).returning(|_, _, _| Ok(PasswordCheck::Invalid));
    setup.sessions.expect_end().times(1).returning(|_, _| Ok(Ending::Ended));
    assert_eq!(setup.rejection().await, LoginRejection::ChangedMeanwhile);
}
