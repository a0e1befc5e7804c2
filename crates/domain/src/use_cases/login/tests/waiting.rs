//! The deadlines of a login.

use super::*;

/// The request times that reservation, verification and hashing get in a login with an outdated hash.
async fn times_given(allowed: Duration) -> Vec<RequestTime> {
    let mut setup = Setup { hasher: idle_hasher(), limiter: MockLoginLimiter::new(), ..setup() };
    let seen = Seen::new();
    let (reserve, verify, hashing) = (seen.clone(), seen.clone(), seen.clone());
    setup.limiter.expect_settle().returning(|_, _, _| Ok(()));
    setup.limiter.expect_reserve().returning(move |attempt, request_time| {
        reserve.note(request_time);
        Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false }))
    });
    setup.hasher.expect_verify().returning(move |_, _, admission| {
        verify.note(admission.request_time());
        Ok(OUTDATED)
    });
    setup.hasher.expect_hash().returning(move |_, request_time| {
        hashing.note(request_time);
        Err(port_error(PortErrorKind::Overloaded))
    });
    setup.run_with("correct horse", RequestTime::new(NOW, request_time().started(), allowed)).await.unwrap();
    seen.all()
}

#[tokio::test]
async fn both_queues_share_one_deadline_of_two_seconds() {
    let expected = RequestTime::new(NOW, request_time().started(), Duration::from_secs(2));
    assert_eq!(times_given(Duration::from_secs(5)).await, [expected; 3]);
}

#[tokio::test]
async fn an_earlier_deadline_of_the_request_applies_to_the_queues() {
    let expected = RequestTime::new(NOW, request_time().started(), Duration::from_secs(1));
    assert_eq!(times_given(Duration::from_secs(1)).await, [expected; 3]);
}

#[tokio::test]
async fn other_calls_have_the_deadline_of_the_request() {
    let mut setup = Setup { limiter: MockLoginLimiter::new(), ..setup() };
    setup.users = MockUserRepository::new();
    setup
        .users
        .expect_find_by_email()
        .withf(|_, at| *at == request_time())
        .return_once(|_, _| Ok(Some(user())));
    setup.users.expect_find_by_id().withf(|_, at| *at == request_time()).return_once(|_, _| Ok(Some(user())));
    setup
        .limiter
        .expect_reserve()
        .returning(|at, _| Ok(Reservation::Reserved(Ticket { attempt: *at, is_known: false })));
    setup.limiter.expect_settle().withf(|_, _, at| *at == request_time()).returning(|_, _, _| Ok(()));
    setup.sessions = MockSessionStore::new();
    setup.sessions.expect_open().withf(|_, at| *at == request_time()).returning(|_, _| Ok(()));
    setup.run().await.unwrap();
}
