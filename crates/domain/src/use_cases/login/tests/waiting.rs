//! How long a login waits, and how long a refusal is held.

use super::*;

const FLOOR: Duration = Duration::from_millis(180);

/// Makes the slowest stored hash take [`FLOOR`].
fn with_floor(mut setup: Setup) -> Setup {
    setup.hasher = MockPasswordHasher::new();
    setup.hasher.expect_refusal_floor().return_const(FLOOR);
    setup
}

// S-09
#[tokio::test]
async fn a_refusal_is_held_to_the_floor_from_the_start_of_the_request_once_it_is_settled() {
    let mut order = Sequence::new();
    let mut setup = with_floor(refusal_setup(None, PasswordCheck::Invalid));
    setup.hasher.expect_verify().return_once(|_, _, _| Ok(PasswordCheck::Invalid));
    setup.limiter = MockLoginLimiter::new();
    setup.limiter.expect_reserve().returning(|at, _| Ok(Reservation::Reserved(Ticket { attempt: *at })));
    setup.limiter.expect_settle().times(1).in_sequence(&mut order).returning(|_, _, _| Ok(()));
    setup
        .clock
        .expect_sleep_until()
        .withf(|until| *until == timing().started() + FLOOR)
        .times(1)
        .in_sequence(&mut order)
        .return_const(());
    assert_eq!(setup.refusal().await, LoginRefusal::UnknownEmail);
}

// S-09
#[tokio::test]
async fn a_user_changed_meanwhile_is_held_like_every_other_refusal() {
    let mut setup = with_floor(setup());
    setup.users = users(Some(user()), Some(inactive_user()));
    setup.hasher.expect_verify().return_once(|_, _, _| Ok(RIGHT));
    setup.sessions.expect_end().returning(|_, _| Ok(Ending::Ended));
    setup.clock.expect_sleep_until().times(1).return_const(());
    assert_eq!(setup.refusal().await, LoginRefusal::ChangedMeanwhile);
}

#[tokio::test]
async fn a_success_is_not_held() {
    let mut setup = with_floor(setup());
    setup.hasher.expect_verify().return_once(|_, _, _| Ok(RIGHT));
    setup.run().await.unwrap();
}

#[tokio::test]
async fn a_limited_attempt_is_not_held() {
    let mut setup = with_floor(setup());
    (setup.users, setup.sessions) = (MockUserRepository::new(), MockSessionStore::new());
    setup.limiter = MockLoginLimiter::new();
    let refused = Reservation::Refused { retry_after: Duration::from_secs(1) };
    setup.limiter.expect_reserve().return_once(move |_, _| Ok(refused));
    assert!(matches!(setup.run().await, Err(LoginError::RateLimited { .. })));
}

#[tokio::test]
async fn an_outage_is_not_held() {
    let mut setup = with_floor(setup());
    setup.sessions = MockSessionStore::new();
    setup.users = MockUserRepository::new();
    setup.users.expect_find_by_email().return_once(|_, _| Err(trouble(PortErrorKind::Unavailable)));
    assert_eq!(setup.trouble().await, PortErrorKind::Unavailable);
}

/// Runs a login on an outdated hash that may take `allowed`; returns the times that the limiter's
/// queue, verification and hashing were given.
async fn times_given(allowed: Duration) -> Vec<Timing> {
    let mut setup = Setup { hasher: idle_hasher(), limiter: MockLoginLimiter::new(), ..setup() };
    let seen = Seen::new();
    let (reserve, verify, hashing) = (seen.clone(), seen.clone(), seen.clone());
    setup.limiter.expect_settle().returning(|_, _, _| Ok(()));
    setup.limiter.expect_reserve().returning(move |attempt, timing| {
        reserve.note(timing);
        Ok(Reservation::Reserved(Ticket { attempt: *attempt }))
    });
    setup.hasher.expect_verify().returning(move |_, _, timing| {
        verify.note(timing);
        Ok(OUTDATED)
    });
    setup.hasher.expect_hash().returning(move |_, timing| {
        hashing.note(timing);
        Err(trouble(PortErrorKind::Overloaded))
    });
    setup.run_with("correct horse", Timing::new(NOW, timing().started(), allowed)).await.unwrap();
    seen.all()
}

#[tokio::test]
async fn the_wait_for_a_turn_and_the_password_queue_share_one_deadline_of_two_seconds() {
    let expected = Timing::new(NOW, timing().started(), Duration::from_secs(2));
    assert_eq!(times_given(Duration::from_secs(5)).await, [expected; 3]);
}

#[tokio::test]
async fn a_request_with_less_time_than_that_waits_no_longer_than_it_has() {
    let expected = Timing::new(NOW, timing().started(), Duration::from_secs(1));
    assert_eq!(times_given(Duration::from_secs(1)).await, [expected; 3]);
}

#[tokio::test]
async fn everything_else_has_the_time_of_the_whole_request() {
    let mut setup = Setup { limiter: MockLoginLimiter::new(), ..setup() };
    setup.users = MockUserRepository::new();
    setup.users.expect_find_by_email().withf(|_, at| *at == timing()).return_once(|_, _| Ok(Some(user())));
    setup.users.expect_find_by_id().withf(|_, at| *at == timing()).return_once(|_, _| Ok(Some(user())));
    setup.limiter.expect_reserve().returning(|at, _| Ok(Reservation::Reserved(Ticket { attempt: *at })));
    setup.limiter.expect_settle().withf(|_, _, at| *at == timing()).returning(|_, _, _| Ok(()));
    setup.sessions = MockSessionStore::new();
    setup.sessions.expect_open().withf(|_, at| *at == timing()).returning(|_, _| Ok(()));
    setup.run().await.unwrap();
}
