//! Deactivation and activation.

use super::*;

/// A store that finds the user and expects one change of the status, which returns `exists`.
fn setting(status: UserStatus, exists: bool) -> Setup {
    let mut setup = setup();
    setup.users.expect_find_by_email().times(1).returning(|_, _| Ok(Some(user())));
    setup
        .users
        .expect_set_status()
        .withf(move |id, set, at| *id == user_id() && *set == status && *at == request_time())
        .times(1)
        .returning(move |_, _, _| Ok(exists));
    setup
}

// S-27
#[tokio::test]
async fn a_user_is_deactivated_before_the_sessions_end() {
    let (mut setup, mut order) = (setup(), Sequence::new());
    setup.users.expect_find_by_email().returning(|_, _| Ok(Some(user())));
    setup
        .users
        .expect_set_status()
        .withf(|_, status, _| *status == UserStatus::Inactive)
        .times(1)
        .in_sequence(&mut order)
        .returning(|_, _, _| Ok(true));
    setup
        .sessions
        .expect_end_all()
        .withf(|id, reason, _| *id == user_id() && *reason == EndReason::UserInactive)
        .times(1)
        .in_sequence(&mut order)
        .returning(|_, _, _| Ok(3));
    setup.limiter = forgetting(Ok(()));
    let changed = setup.manage().deactivate(&email(), request_time()).await.unwrap();
    assert_eq!(changed, Changed { user_id: user().id, sessions_ended: 3 });
}

// S-27
#[tokio::test]
async fn a_user_with_an_unreadable_row_can_be_deactivated() {
    let mut setup = setup();
    setup.users.expect_find_by_email().times(1).returning(|_, _| Err(unreadable_row()));
    setup
        .users
        .expect_set_status()
        .withf(|id, set, _| *id == user_id() && *set == UserStatus::Inactive)
        .times(1)
        .returning(|_, _, _| Ok(true));
    setup.sessions = sessions_ending(EndReason::UserInactive, Ok(1));
    setup.limiter = forgetting(Ok(()));
    let changed = setup.manage().deactivate(&email(), request_time()).await.unwrap();
    assert_eq!(changed, Changed { user_id: user_id(), sessions_ended: 1 });
}

#[tokio::test]
async fn a_deactivation_whose_sessions_do_not_end_is_an_error() {
    let mut setup = setting(UserStatus::Inactive, true);
    setup.sessions = sessions_ending(EndReason::UserInactive, Err(port_error(PortErrorKind::Unavailable)));
    assert_sessions_not_ended(setup.manage().deactivate(&email(), request_time()).await);
}

// S-91
#[tokio::test]
async fn a_deactivation_whose_addresses_are_not_forgotten_is_an_error() {
    let mut setup = setting(UserStatus::Inactive, true);
    setup.sessions = sessions_ending(EndReason::UserInactive, Ok(1));
    setup.limiter = forgetting(Err(port_error(PortErrorKind::Unavailable)));
    assert_addresses_not_forgotten(&setup.manage().deactivate(&email(), request_time()).await);
}

#[tokio::test]
async fn an_activated_user_keeps_the_sessions() {
    let setup = setting(UserStatus::Active, true);
    setup.manage().activate(&email(), request_time()).await.unwrap();
}

#[tokio::test]
async fn a_status_that_cannot_be_stored_ends_no_session() {
    let mut setup = setup();
    setup.users.expect_find_by_email().returning(|_, _| Ok(Some(user())));
    setup.users.expect_set_status().return_once(|_, _, _| Err(port_error(PortErrorKind::Unavailable)));
    let failed = setup.manage().deactivate(&email(), request_time()).await;
    assert!(matches!(failed, Err(ManageUsersError::Port(_))));
}

#[tokio::test]
async fn an_unknown_user_is_an_error() {
    let mut unknown = setup();
    unknown.users.expect_find_by_email().returning(|_, _| Ok(None));
    let failed = unknown.manage().activate(&email(), request_time()).await;
    assert!(matches!(failed, Err(ManageUsersError::UnknownUser)));
}

#[tokio::test]
async fn a_user_who_is_deleted_during_the_change_is_unknown() {
    let failed = setting(UserStatus::Inactive, false).manage().deactivate(&email(), request_time()).await;
    assert!(matches!(failed, Err(ManageUsersError::UnknownUser)));
}
