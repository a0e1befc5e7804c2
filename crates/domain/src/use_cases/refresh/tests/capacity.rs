//! A full session releases its oldest access token, which is denylisted first.

use mockall::Sequence;

use super::*;

fn full() -> Rotation {
    Rotation::AtCapacity { oldest: live_access_token() }
}

/// A denylist that expects the oldest access token `times` times.
fn denylist(times: usize) -> MockDenylist {
    let mut denylist = MockDenylist::new();
    denylist
        .expect_add()
        .withf(|token, at| *token == live_access_token() && *at == request_time())
        .times(times)
        .returning(|_, _| Ok(()));
    denylist
}

#[tokio::test]
async fn the_oldest_access_token_is_denylisted_before_its_release() {
    let (mut order, mut setup) = (Sequence::new(), setup(Some(user())));
    let nothing_released = |rotate: &Rotate, _: &RequestTime| rotate.released.is_none();
    let oldest_released = |rotate: &Rotate, _: &RequestTime| rotate.released == Some(token_id());
    let sessions = &mut setup.sessions;
    let first = sessions.expect_rotate().withf(nothing_released);
    first.times(1).in_sequence(&mut order).returning(|_, _| Ok(full()));
    let oldest = |token: &LiveAccessToken, _: &RequestTime| *token == live_access_token();
    setup.denylist.expect_add().withf(oldest).times(1).in_sequence(&mut order).returning(|_, _| Ok(()));
    let second = sessions.expect_rotate().withf(oldest_released);
    second.times(1).in_sequence(&mut order).returning(|_, _| Ok(Rotation::Rotated));

    assert_eq!(setup.run().await.unwrap().kind, RefreshKind::Rotated);
}

#[tokio::test]
async fn the_second_call_is_the_same_rotation_with_a_release() {
    let (mut setup, seen) = (setup(Some(user())), Seen::new());
    let noted = seen.clone();
    setup.sessions.expect_rotate().times(2).returning(move |rotate, _| {
        noted.note((rotate.presented, rotate.successor, rotate.access_token));
        Ok(if rotate.released.is_none() { full() } else { Rotation::Rotated })
    });
    setup.denylist = denylist(1);
    let tokens = setup.run().await.unwrap().tokens;
    assert_eq!(seen.all()[0], seen.all()[1]);
    assert_eq!(seen.all()[1].1, tokens.refresh_token.digest());
}

#[tokio::test]
async fn the_outcome_for_a_session_that_stays_full_is_unknown() {
    let mut setup = setup(Some(user()));
    setup.sessions.expect_rotate().times(33).returning(|_, _| Ok(full()));
    setup.denylist = denylist(32);
    assert_eq!(setup.port_error().await, PortErrorKind::Unanswered);
}

#[tokio::test]
async fn an_access_token_that_cannot_be_denylisted_is_not_released() {
    let mut setup = setup(Some(user()));
    setup.sessions.expect_rotate().times(1).returning(|_, _| Ok(full()));
    setup.denylist.expect_add().times(1).return_once(|_, _| Err(port_error(PortErrorKind::Unavailable)));
    assert_eq!(setup.port_error().await, PortErrorKind::Unavailable);
}

#[tokio::test]
async fn after_a_release_it_is_unknown_whether_anything_changed() {
    let mut setup = setup(Some(user()));
    setup.sessions.expect_rotate().times(2).returning(|rotate, _| {
        if rotate.released.is_none() { Ok(full()) } else { Err(port_error(PortErrorKind::Unavailable)) }
    });
    setup.denylist = denylist(1);
    assert_eq!(setup.port_error().await, PortErrorKind::Unanswered);
}
