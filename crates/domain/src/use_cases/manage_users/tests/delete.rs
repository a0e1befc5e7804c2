//! Deletion.

use super::*;
use crate::model::ClearedLimit;

/// Ports that expect a deactivation, then the end of the sessions, then that the counters are forgotten with this result.
fn deleting(order: &mut Sequence, cleared: Result<(), PortError>) -> Setup {
    let mut setup = setup();
    setup.users.expect_find_by_email().returning(|_, _| Ok(Some(user())));
    setup
        .users
        .expect_set_status()
        .withf(|id, status, _| *id == user_id() && *status == UserStatus::Inactive)
        .times(1)
        .in_sequence(order)
        .returning(|_, _, _| Ok(true));
    setup
        .sessions
        .expect_end_all()
        .withf(|id, reason, _| *id == user_id() && *reason == EndReason::UserInactive)
        .times(1)
        .in_sequence(order)
        .returning(|_, _, _| Ok(2));
    setup.limiter.expect_forget_addresses().times(1).in_sequence(order).returning(|_, _| Ok(()));
    setup
        .limiter
        .expect_clear()
        .withf(|cleared, _| *cleared == ClearedLimit::Email(limit_keys().email(&email())))
        .times(1)
        .in_sequence(order)
        .return_once(|_, _| cleared);
    setup
}

/// The result of a deletion whose row is deleted last, with this result.
async fn delete(deleted: Result<Deletion, PortError>) -> Result<Changed, ManageUsersError> {
    let mut order = Sequence::new();
    let mut setup = deleting(&mut order, Ok(()));
    setup
        .users
        .expect_delete()
        .withf(|id, at| *id == user_id() && *at == request_time())
        .times(1)
        .in_sequence(&mut order)
        .return_once(|_, _| deleted);
    setup.manage().delete(&email(), request_time()).await
}

#[tokio::test]
async fn the_row_is_deleted_after_everything_else() {
    for deletion in [Deletion::Deleted, Deletion::Unknown] {
        let changed = delete(Ok(deletion)).await.unwrap();
        assert_eq!(changed, Changed { user_id: user_id(), sessions_ended: 2 });
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_deleted_is_an_error() {
    assert!(matches!(delete(Ok(Deletion::Referenced)).await, Err(ManageUsersError::Referenced)));
    let failed = delete(Err(port_error(PortErrorKind::Unavailable))).await;
    assert!(matches!(failed, Err(ManageUsersError::NotDeleted(_))));
}

#[tokio::test]
async fn a_row_stays_if_its_counters_are_not_forgotten() {
    let setup = deleting(&mut Sequence::new(), Err(port_error(PortErrorKind::Unavailable)));
    let failed = setup.manage().delete(&email(), request_time()).await;
    assert!(matches!(failed, Err(ManageUsersError::NotDeleted(_))));
}
