//! Credentials: which logins succeed, and how each is settled.

use super::*;

// S-08
#[tokio::test]
async fn a_wrong_password_is_rejected_and_counts() {
    let setup = rejection_setup(Some(user()), PasswordCheck::Invalid);
    assert_eq!(setup.counted_rejection().await, LoginRejection::WrongPassword);
}

// S-08, S-14
#[tokio::test]
async fn an_unknown_email_costs_a_verification_and_counts() {
    let mut setup = rejection_setup(None, PasswordCheck::Invalid);
    setup.hasher = hasher_expecting(Credential::Missing, PasswordCheck::Invalid);
    assert_eq!(setup.counted_rejection().await, LoginRejection::UnknownEmail);
}

// S-08
#[tokio::test]
async fn an_account_without_a_password_costs_a_verification_and_is_rejected() {
    let mut setup = rejection_setup(Some(User { password_hash: None, ..user() }), PasswordCheck::Invalid);
    setup.hasher = hasher_expecting(Credential::Missing, PasswordCheck::Invalid);
    assert_eq!(setup.counted_rejection().await, LoginRejection::NoPassword);
}

#[tokio::test]
async fn a_user_without_a_password_cannot_log_in() {
    let setup = rejection_setup(Some(User { password_hash: None, ..user() }), RIGHT);
    assert_eq!(setup.counted_rejection().await, LoginRejection::NoPassword);
    assert_eq!(rejection_setup(None, RIGHT).counted_rejection().await, LoginRejection::UnknownEmail);
}

// S-08
#[tokio::test]
async fn a_stored_hash_that_cannot_be_used_is_rejected_and_counts() {
    let setup = rejection_setup(Some(user()), PasswordCheck::Unusable);
    assert_eq!(setup.counted_rejection().await, LoginRejection::UnusableHash);
}

// S-08
#[tokio::test]
async fn an_inactive_user_with_the_right_password_is_rejected() {
    let mut setup = rejection_setup(Some(inactive_user()), RIGHT);
    setup.hasher = hasher_expecting(Credential::Inactive(hash("stored")), RIGHT);
    assert_eq!(setup.counted_rejection().await, LoginRejection::InactiveUser);
}

#[tokio::test]
async fn inactive_is_logged_only_with_the_right_password() {
    let setup = rejection_setup(Some(inactive_user()), PasswordCheck::Invalid);
    assert_eq!(setup.counted_rejection().await, LoginRejection::WrongPassword);
}

#[tokio::test]
async fn a_rejection_has_the_user_id_if_the_email_is_known() {
    for (found, known) in [(Some(user()), Some(user_id())), (None, None)] {
        match rejection_setup(found, PasswordCheck::Invalid).run().await {
            Err(LoginError::InvalidCredentials { user_id, .. }) => assert_eq!(user_id, known),
            other => panic!("{other:?}"),
        }
    }
}

// S-05
#[tokio::test]
async fn the_hasher_gets_the_password_byte_for_byte() {
    const SENT: &str = " Pass\0wörd\u{0301} ";
    let mut setup = setup();
    setup.hasher = idle_hasher();
    setup
        .hasher
        .expect_verify()
        .withf(|sent, stored, _| {
            sent.expose_bytes() == SENT.as_bytes() && *stored == Credential::Active(hash("stored"))
        })
        .times(1)
        .returning(|_, _, _| Ok(RIGHT));
    setup.run_with(SENT, request_time()).await.unwrap();
}

// S-08, S-09
#[tokio::test]
async fn an_unreadable_row_costs_a_verification_and_is_rejected() {
    let mut setup = rejection_setup(None, PasswordCheck::Invalid);
    setup.users = MockUserRepository::new();
    setup.users.expect_find_by_email().times(1).returning(|_, _| Err(unreadable_row()));
    setup.hasher = hasher_expecting(Credential::Missing, PasswordCheck::Invalid);
    assert_eq!(setup.counted_rejection().await, LoginRejection::UnreadableRow(unreadable_user()));
}

/// The place in the queue is taken before the user is read.
// S-09
#[tokio::test]
async fn the_queue_decides_before_the_account_is_read() {
    let mut setup = rejection_setup(None, PasswordCheck::Invalid);
    (setup.users, setup.hasher) = (MockUserRepository::new(), MockPasswordHasher::new());
    setup.hasher.expect_admit().times(1).returning(|_| Err(port_error(PortErrorKind::Overloaded)));
    setup.limiter = limiter_settled(Settlement::Abandoned);
    assert_eq!(setup.port_error().await, PortErrorKind::Overloaded);
}

// S-09
#[tokio::test]
async fn every_account_is_admitted_once_and_compared_once() {
    let without_password = User { password_hash: None, ..user() };
    for account in [None, Some(user()), Some(inactive_user()), Some(without_password)] {
        let mut setup = rejection_setup(account, PasswordCheck::Invalid);
        setup.hasher = MockPasswordHasher::new();
        setup.hasher.expect_admit().times(1).returning(|request_time| Ok(Admission::new(request_time, ())));
        setup.hasher.expect_verify().times(1).returning(|_, _, _| Ok(PasswordCheck::Invalid));
        setup.rejection().await;
    }
}

/// Such an error is no wrong password, so it does not count towards the limit, however often it occurs.
// S-94
#[tokio::test]
async fn each_error_before_the_comparison_is_abandoned() {
    for kind in [
        PortErrorKind::Unavailable,
        PortErrorKind::Unanswered,
        PortErrorKind::Overloaded,
        PortErrorKind::Corrupt,
        PortErrorKind::Misconfigured,
    ] {
        let mut setup = setup();
        setup.users = MockUserRepository::new();
        setup.users.expect_find_by_email().return_once(move |_, _| Err(port_error(kind)));
        (setup.hasher, setup.sessions) = (idle_hasher(), MockSessionStore::new());
        setup.limiter = limiter_settled(Settlement::Abandoned);
        assert_eq!(setup.port_error().await, kind);
    }
}

#[tokio::test]
async fn an_overloaded_hasher_is_abandoned() {
    for kind in [PortErrorKind::Overloaded, PortErrorKind::Unavailable] {
        assert_eq!(failing_hasher(kind, Settlement::Abandoned).port_error().await, kind);
    }
}

#[tokio::test]
async fn an_error_of_the_hasher_counts_as_a_failure() {
    for kind in [PortErrorKind::Corrupt, PortErrorKind::Misconfigured] {
        assert_eq!(failing_hasher(kind, Settlement::Failed).port_error().await, kind);
    }
}

fn failing_hasher(kind: PortErrorKind, settled: Settlement) -> Setup {
    let mut setup = rejection_setup(Some(user()), PasswordCheck::Invalid);
    setup.hasher = idle_hasher();
    setup.hasher.expect_verify().times(1).return_once(move |_, _, _| Err(port_error(kind)));
    setup.limiter = limiter_settled(settled);
    setup
}

fn hasher_expecting(expected: Credential, check: PasswordCheck) -> MockPasswordHasher {
    let mut hasher = idle_hasher();
    hasher
        .expect_verify()
        .withf(move |_, stored, _| *stored == expected)
        .times(1)
        .returning(move |_, _, _| Ok(check));
    hasher
}
