//! The user is read again: the current status, role and tenant count.

use super::*;
use crate::mocks::MockAccessTokens;
use crate::model::{AccessToken, Email, Role};

// S-27
#[tokio::test]
async fn an_inactive_user_is_rejected_and_the_session_ends() {
    let mut setup = setup(Some(inactive_user()));
    setup.sessions = sessions_ending(EndReason::UserInactive, Ok(Ending::Ended));
    assert_eq!(setup.rejection().await, RefreshRejection::SessionEnded(EndReason::UserInactive));
}

#[tokio::test]
async fn without_a_session_an_inactive_user_is_unknown() {
    let mut setup = setup(Some(inactive_user()));
    setup.sessions = sessions_ending(EndReason::UserInactive, Ok(Ending::Unknown));
    assert_eq!(setup.rejection().await, RefreshRejection::Unknown);
}

#[tokio::test]
async fn a_deleted_user_is_rejected_and_the_session_ends() {
    for (ending, rejection) in [
        (Ending::Ended, RefreshRejection::SessionEnded(EndReason::Revoked)),
        (Ending::Unknown, RefreshRejection::Unknown),
    ] {
        let mut setup = setup(None);
        setup.sessions = sessions_ending(EndReason::Revoked, Ok(ending));
        assert_eq!(setup.rejection().await, rejection);
    }
}

#[tokio::test]
async fn a_user_of_another_tenant_is_rejected_and_the_session_ends() {
    let (mut setup, _) = rotating(Rotation::TenantMismatch);
    expect_end(&mut setup.sessions, EndReason::Revoked, Ok(Ending::Ended));
    assert_eq!(setup.rejection().await, RefreshRejection::SessionEnded(EndReason::Revoked));
}

#[tokio::test]
async fn an_error_of_the_end_is_not_a_rejection() {
    for (found, reason) in [(Some(inactive_user()), EndReason::UserInactive), (None, EndReason::Revoked)] {
        let mut setup = setup(found);
        setup.sessions = sessions_ending(reason, Err(port_error(PortErrorKind::Unavailable)));
        assert_eq!(setup.port_error().await, PortErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn the_new_access_token_has_the_current_role_email_and_tenant() {
    let email = Email::parse("new@example.com").unwrap();
    let tenant_id = other_tenant_id();
    let now = User { role: Role::Viewer, email, tenant_id, ..user() };
    let (signed, mut access_tokens) = (Seen::new(), MockAccessTokens::new());
    let noted = signed.clone();
    access_tokens.expect_issue().returning(move |claims| {
        noted.note(claims.clone());
        Ok(AccessToken::new("signed".to_owned()))
    });
    let mut setup = Setup { issuer: issuer(access_tokens), ..setup(Some(now.clone())) };
    let in_tenant = move |rotate: &Rotate, _: &RequestTime| rotate.tenant_id == tenant_id;
    setup.sessions.expect_rotate().withf(in_tenant).times(1).returning(|_, _| Ok(Rotation::Rotated));

    let session_id = setup.run().await.unwrap().tokens.session_id;
    let claims = signed.only();
    assert_eq!((claims.role, claims.email, claims.tenant_id), (now.role, now.email, now.tenant_id));
    assert_eq!((claims.user_id, claims.session_id), (now.id, Some(session_id)));
}

#[tokio::test]
async fn an_unreadable_row_ends_nothing_and_consumes_nothing() {
    let mut setup = setup(None);
    setup.users = MockUserRepository::new();
    setup.users.expect_find_by_id().times(1).returning(|_, _| Err(unreadable_row()));
    match setup.run().await {
        Err(RefreshError::Port(error)) => assert_eq!(error.unreadable_user(), Some(unreadable_user())),
        other => panic!("{other:?}"),
    }
}
