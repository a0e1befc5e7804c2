//! What is counted, and what an attempt that is not let in costs.

use super::*;

/// A login that does nothing beyond asking the limiter.
fn stopped_by(reservation: Result<Reservation, PortError>) -> Setup {
    let mut limiter = MockLoginLimiter::new();
    limiter.expect_reserve().times(1).return_once(|_, _| reservation);
    let (users, sessions) = (MockUserRepository::new(), MockSessionStore::new());
    Setup { limiter, users, sessions, hasher: idle_hasher(), ..setup() }
}

// S-12
#[tokio::test]
async fn a_rejected_attempt_looks_nobody_up_and_runs_no_hash() {
    let retry_after = Duration::from_secs(42);
    let (email, address) = (limit_keys().email(&email()), limit_keys().address(client()));
    for (key, blocked_by) in [(email, LoginLimit::Email), (address, LoginLimit::Address)] {
        match stopped_by(Ok(Reservation::Rejected { key, retry_after })).run().await {
            Err(LoginError::RateLimited { limit, retry_after: told }) => {
                assert_eq!((limit, told), (blocked_by, retry_after));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_attempt_whose_turn_never_comes_is_an_overload_and_runs_no_hash() {
    let busy = Reservation::Busy(limit_keys().email(&email()));
    assert_eq!(stopped_by(Ok(busy)).trouble().await, PortErrorKind::Overloaded);
}

#[tokio::test]
async fn a_limiter_that_is_away_lets_nobody_in() {
    let away = Err(trouble(PortErrorKind::Unavailable));
    assert_eq!(stopped_by(away).trouble().await, PortErrorKind::Unavailable);
}

#[tokio::test]
async fn an_attempt_counts_on_its_email_and_on_its_address() {
    let mut setup = setup();
    setup.limiter = limiter_noting_attempts(&Seen::new(), |attempt| {
        attempt.email == limit_keys().email(&email())
            && attempt.address == Some(limit_keys().address(client()))
    });
    setup.run().await.unwrap();
}

#[tokio::test]
async fn an_attempt_from_nowhere_known_counts_on_its_email_alone() {
    let limiter = limiter_noting_attempts(&Seen::new(), |attempt| {
        attempt.email == limit_keys().email(&email()) && attempt.address.is_none()
    });
    Setup { limiter, client: None, ..setup() }.run().await.unwrap();
}

#[tokio::test]
async fn every_attempt_has_a_ticket_of_its_own() {
    let (issuer, seen) = (issuer(signing_access_tokens()), Seen::new());
    for _ in 0..2 {
        let limiter = limiter_noting_attempts(&seen, |_| true);
        Setup { limiter, issuer: Arc::clone(&issuer), ..setup() }.run().await.unwrap();
    }
    assert_ne!(seen.all()[0].ticket, seen.all()[1].ticket);
}

#[tokio::test]
async fn a_settle_that_fails_never_fails_a_login_and_is_told() {
    let setup = Setup { limiter: limiter_that_cannot_settle(), ..setup() };
    let troubles = setup.run().await.unwrap().troubles;
    assert_eq!(troubles.iter().map(PortError::kind).collect::<Vec<_>>(), [PortErrorKind::Unavailable]);
}

#[tokio::test]
async fn a_settle_that_fails_never_turns_a_rejection_into_something_else() {
    let setup = rejection_setup(Some(user()), PasswordCheck::Invalid);
    let setup = Setup { limiter: limiter_that_cannot_settle(), ..setup };
    assert_eq!(setup.rejection().await, LoginRejection::WrongPassword);
}

fn limiter_noting_attempts(
    seen: &Seen<LoginAttempt>,
    expected: fn(&LoginAttempt) -> bool,
) -> MockLoginLimiter {
    let (mut limiter, seen) = (MockLoginLimiter::new(), seen.clone());
    limiter.expect_reserve().withf(move |attempt, _| expected(attempt)).times(1).returning(
        move |attempt, _| {
            seen.note(*attempt);
            Ok(Reservation::Reserved(Ticket { attempt: *attempt }))
        },
    );
    limiter.expect_settle().returning(|_, _, _| Ok(()));
    limiter
}

fn limiter_that_cannot_settle() -> MockLoginLimiter {
    let mut limiter = MockLoginLimiter::new();
    limiter.expect_reserve().returning(|attempt, _| Ok(Reservation::Reserved(Ticket { attempt: *attempt })));
    limiter.expect_settle().times(1).returning(|_, _, _| Err(trouble(PortErrorKind::Unavailable)));
    limiter
}
