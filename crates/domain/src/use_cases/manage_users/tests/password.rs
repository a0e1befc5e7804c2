//! New passwords.

use super::*;

/// A store that returns the hashes of `steps` one after the other, and expects a replacement of each.
fn replacing(steps: &'static [(&'static str, Replacement)]) -> Setup {
    let (mut setup, mut order) = (Setup { hasher: hasher(), ..setup() }, Sequence::new());
    for (stored, replaced) in steps {
        let found = User { password_hash: Some(hash(stored)), ..user() };
        let reads = setup.users.expect_find_by_email();
        reads.times(1).in_sequence(&mut order).return_once(|_, _| Ok(Some(found)));
        let as_read = |id: &UserId, expected: &Option<PasswordHash>, new: &PasswordHash, at: &RequestTime| {
            *id == user_id()
                && *expected == Some(hash(stored))
                && *new == hash("new")
                && *at == request_time()
        };
        let writes = setup.users.expect_replace_password_hash().withf(as_read);
        writes.times(1).in_sequence(&mut order).return_once(|_, _, _, _| Ok(*replaced));
    }
    setup
}

async fn set(setup: Setup, text: &str) -> Result<Changed, ManageUsersError> {
    setup.manage().set_password(&email(), &password(text), request_time()).await
}

// S-28
#[tokio::test]
async fn a_new_password_ends_every_session_of_its_user() {
    let mut setup = replacing(&[("old", Replacement::Replaced)]);
    setup.sessions = sessions_ending(EndReason::Revoked, Ok(2));
    setup.limiter = forgetting(Ok(()));
    assert_eq!(set(setup, LONG_ENOUGH).await.unwrap().sessions_ended, 2);
}

#[tokio::test]
async fn the_new_hash_is_stored_before_the_sessions_end() {
    let (mut setup, mut order) = (Setup { hasher: hasher(), ..setup() }, Sequence::new());
    setup.users.expect_find_by_email().returning(|_, _| Ok(Some(user())));
    let replaced = |_, _, _: &PasswordHash, _| Ok(Replacement::Replaced);
    setup.users.expect_replace_password_hash().times(1).in_sequence(&mut order).returning(replaced);
    setup.sessions.expect_end_all().times(1).in_sequence(&mut order).returning(|_, _, _| Ok(0));
    setup.limiter = forgetting(Ok(()));
    assert_eq!(set(setup, LONG_ENOUGH).await.unwrap().sessions_ended, 0);
}

#[tokio::test]
async fn a_hash_that_a_login_has_upgraded_is_replaced_at_the_next_attempt() {
    let steps =
        &[("old", Replacement::Changed), ("older", Replacement::Changed), ("up", Replacement::Replaced)];
    let mut setup = replacing(steps);
    setup.sessions = sessions_ending(EndReason::Revoked, Ok(1));
    setup.limiter = forgetting(Ok(()));
    assert_eq!(set(setup, LONG_ENOUGH).await.unwrap().sessions_ended, 1);
}

#[tokio::test]
async fn a_hash_that_changes_three_times_is_not_replaced() {
    let setup =
        replacing(&[("a", Replacement::Changed), ("b", Replacement::Changed), ("c", Replacement::Changed)]);
    assert!(matches!(set(setup, LONG_ENOUGH).await, Err(ManageUsersError::Contended)));
}

#[tokio::test]
async fn a_user_without_a_password_can_be_given_one() {
    let mut setup = Setup { hasher: hasher(), ..setup() };
    setup.users.expect_find_by_email().returning(|_, _| Ok(Some(User { password_hash: None, ..user() })));
    setup
        .users
        .expect_replace_password_hash()
        .withf(|_, expected, _, _| expected.is_none())
        .times(1)
        .returning(|_, _, _, _| Ok(Replacement::Replaced));
    setup.sessions = sessions_ending(EndReason::Revoked, Ok(0));
    setup.limiter = forgetting(Ok(()));
    assert_eq!(set(setup, LONG_ENOUGH).await.unwrap().sessions_ended, 0);
}

#[tokio::test]
async fn a_new_password_whose_sessions_do_not_end_is_an_error() {
    let mut setup = replacing(&[("old", Replacement::Replaced)]);
    setup.sessions = sessions_ending(EndReason::Revoked, Err(port_error(PortErrorKind::Unavailable)));
    assert_sessions_not_ended(set(setup, LONG_ENOUGH).await);
}

// S-91
#[tokio::test]
async fn a_new_password_whose_addresses_are_not_forgotten_is_an_error() {
    let mut setup = replacing(&[("old", Replacement::Replaced)]);
    setup.sessions = sessions_ending(EndReason::Revoked, Ok(2));
    setup.limiter = forgetting(Err(port_error(PortErrorKind::Unavailable)));
    assert_addresses_not_forgotten(&set(setup, LONG_ENOUGH).await);
}

// S-26
#[tokio::test]
async fn the_minimum_length_counts_characters_not_bytes() {
    let fourteen_characters_in_28_bytes = "ä".repeat(14);
    let rejected = set(setup(), &fourteen_characters_in_28_bytes).await;
    assert!(matches!(rejected, Err(ManageUsersError::PasswordTooShort { min_length: 15 })));

    let mut setup = setup();
    setup.hasher.expect_hash().times(1).returning(|_, _| Ok(hash("new")));
    setup.users.expect_find_by_email().returning(|_, _| Ok(None));
    assert!(matches!(set(setup, &"ä".repeat(15)).await, Err(ManageUsersError::UnknownUser)));
}

#[tokio::test]
async fn a_password_for_an_unknown_user_changes_nothing() {
    let mut setup = Setup { hasher: hasher(), ..setup() };
    setup.users.expect_find_by_email().times(1).returning(|_, _| Ok(None));
    assert!(matches!(set(setup, LONG_ENOUGH).await, Err(ManageUsersError::UnknownUser)));
}

// S-26
#[tokio::test]
async fn a_guessable_password_is_not_hashed_and_the_error_says_why() {
    let mut setup = setup();
    setup.weakness = Some(PasswordWeakness::Repetition);
    let error =
        setup.manage().set_password(&email(), &password(LONG_ENOUGH), request_time()).await.unwrap_err();
    assert!(matches!(error, ManageUsersError::PasswordGuessable(PasswordWeakness::Repetition)));
    assert!(error.to_string().contains("repeats the same characters"), "{error}");
}
