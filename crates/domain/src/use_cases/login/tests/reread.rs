//! The second lookup of the user: concurrent changes take precedence over the login.

use super::*;

/// A login whose second lookup returns `after`, and which ends its session then.
fn changed_to(after: Result<Option<User>, PortError>) -> Setup {
    changed_and_ended(after, Ok(Ending::Ended))
}

fn changed_and_ended(after: Result<Option<User>, PortError>, ending: Result<Ending, PortError>) -> Setup {
    let mut setup = setup();
    setup.users = MockUserRepository::new();
    setup.users.expect_find_by_email().times(1).return_once(|_, _| Ok(Some(user())));
    setup.users.expect_find_by_id().times(1).return_once(|_, _| after);
    setup.sessions = sessions_ending(ending);
    setup
}

/// A store that expects the end of the session that it opened.
fn sessions_ending(ending: Result<Ending, PortError>) -> MockSessionStore {
    let (mut sessions, opened) = (MockSessionStore::new(), Seen::new());
    let noted = opened.clone();
    sessions.expect_open().times(1).returning(move |session, _| {
        noted.note(session.refresh_token.session);
        Ok(())
    });
    sessions
        .expect_end()
        .withf(move |end, _| {
            end.session == opened.only() && end.reason == EndReason::Revoked && end.also_revoke.is_none()
        })
        .times(1)
        .return_once(|_, _| ending);
    sessions
}

// S-27
#[tokio::test]
async fn a_user_deactivated_meanwhile_gets_no_tokens() {
    let setup = changed_to(Ok(Some(inactive_user())));
    assert_eq!(setup.rejection().await, LoginRejection::ChangedMeanwhile);
}

// S-28
#[tokio::test]
async fn a_password_changed_meanwhile_ends_the_session() {
    let mut setup = changed_to(Ok(Some(User { password_hash: Some(hash("changed")), ..user() })));
    setup.hasher = idle_hasher();
    let right_before =
        |_: &Password, stored: &Credential, _: &Admission| *stored == Credential::Active(hash("stored"));
    setup.hasher.expect_verify().withf(right_before).times(1).returning(|_, _, _| Ok(RIGHT));
    setup.hasher.expect_verify().times(1).returning(|_, _, _| Ok(PasswordCheck::Invalid));
    assert_eq!(setup.rejection().await, LoginRejection::ChangedMeanwhile);
}

// S-91
#[tokio::test]
async fn a_change_meanwhile_forgets_the_address_of_the_login() {
    for (forgotten, expected) in [(Ok(()), None), (Err(()), Some(PortErrorKind::Unanswered))] {
        let forgotten = forgotten.map_err(|()| port_error(PortErrorKind::Unavailable));
        let mut setup = changed_to(Ok(Some(inactive_user())));
        setup.limiter = limiter_settled(Settlement::Succeeded);
        let forget = setup.limiter.expect_forget_addresses();
        let forget = forget.withf(|key, _| *key == limit_keys().email(&email()));
        forget.times(1).return_once(|_, _| forgotten);
        match expected {
            None => assert_eq!(setup.rejection().await, LoginRejection::ChangedMeanwhile),
            Some(kind) => assert_eq!(setup.port_error().await, kind),
        }
    }
}

#[tokio::test]
async fn a_password_removed_meanwhile_ends_the_session() {
    let setup = changed_to(Ok(Some(User { password_hash: None, ..user() })));
    assert_eq!(setup.rejection().await, LoginRejection::ChangedMeanwhile);
}

#[tokio::test]
async fn a_user_moved_to_another_tenant_meanwhile_gets_no_tokens() {
    let setup = changed_to(Ok(Some(User { tenant_id: other_tenant_id(), ..user() })));
    assert_eq!(setup.rejection().await, LoginRejection::ChangedMeanwhile);
}

#[tokio::test]
async fn a_user_deleted_meanwhile_gets_no_tokens() {
    assert_eq!(changed_to(Ok(None)).rejection().await, LoginRejection::ChangedMeanwhile);
}

#[tokio::test]
async fn a_row_that_became_unreadable_meanwhile_ends_the_session() {
    let rejection = changed_to(Err(unreadable_row())).rejection().await;
    assert_eq!(rejection, LoginRejection::UnreadableRow(unreadable_user()));
}

#[tokio::test]
async fn an_error_of_the_second_lookup_ends_the_session() {
    let setup = changed_to(Err(port_error(PortErrorKind::Unavailable)));
    assert_eq!(setup.port_error().await, PortErrorKind::Unavailable);
}

#[tokio::test]
async fn an_error_of_the_end_is_not_a_rejection() {
    let away = Err(port_error(PortErrorKind::Unavailable));
    let setup = changed_and_ended(Ok(Some(inactive_user())), away);
    assert_eq!(setup.port_error().await, PortErrorKind::Unanswered, "the session is still open");
}

#[tokio::test]
async fn an_error_of_the_opening_needs_no_second_lookup() {
    let mut setup = setup();
    setup.users = MockUserRepository::new();
    setup.users.expect_find_by_email().times(1).return_once(|_, _| Ok(Some(user())));
    setup.sessions = MockSessionStore::new();
    setup.sessions.expect_open().times(1).return_once(|_, _| Err(port_error(PortErrorKind::Unavailable)));
    assert_eq!(setup.port_error().await, PortErrorKind::Unavailable);
}

// S-03
#[tokio::test]
async fn a_hash_upgraded_by_a_concurrent_login_is_no_change() {
    let mut setup = setup();
    setup.users = users(Some(user()), Some(User { password_hash: Some(hash("theirs")), ..user() }));
    setup.hasher = idle_hasher();
    setup.hasher.expect_verify().times(2).returning(|_, _, _| Ok(RIGHT));
    setup.run().await.unwrap();
}
