//! The login limit: what counts, and what a rejected attempt costs.

use super::*;
use crate::model::LoginLimit;

/// A login that only calls the limiter.
fn stopped_by(reservation: Result<Reservation, PortError>) -> Setup {
    let mut limiter = MockLoginLimiter::new();
    limiter.expect_reserve().times(1).return_once(|_, _| reservation);
    let (users, sessions) = (MockUserRepository::new(), MockSessionStore::new());
    Setup { limiter, users, sessions, hasher: idle_hasher(), ..setup() }
}

// S-12
#[tokio::test]
async fn a_rejected_attempt_reads_no_user_and_hashes_nothing() {
    let retry_after = Duration::from_secs(42);
    let key = limit_keys().email(&email());
    for blocked_by in LoginLimit::ALL {
        match stopped_by(Ok(Reservation::Rejected { limit: blocked_by, key, retry_after })).run().await {
            Err(LoginError::RateLimited { limit, retry_after: after }) => {
                assert_eq!((limit, after), (blocked_by, retry_after));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_busy_limit_key_is_an_overload_and_hashes_nothing() {
    let busy = Reservation::Busy(limit_keys().email(&email()));
    assert_eq!(stopped_by(Ok(busy)).port_error().await, PortErrorKind::Overloaded);
}

#[tokio::test]
async fn an_unreachable_limiter_rejects_every_login() {
    let away = Err(port_error(PortErrorKind::Unavailable));
    assert_eq!(stopped_by(away).port_error().await, PortErrorKind::Unavailable);
}

#[tokio::test]
async fn an_attempt_counts_on_its_email_and_on_its_address() {
    let mut setup = setup();
    setup.limiter = limiter_noting_attempts(&Seen::new(), |attempt| {
        attempt.email == limit_keys().email(&email())
            && attempt.origin == Some(limit_keys().origin(&email(), client(), false))
    });
    setup.run().await.unwrap();
}

#[tokio::test]
async fn an_attempt_without_an_address_counts_by_email_only() {
    let limiter = limiter_noting_attempts(&Seen::new(), |attempt| {
        attempt.email == limit_keys().email(&email()) && attempt.origin.is_none()
    });
    Setup { limiter, client: None, ..setup() }.run().await.unwrap();
}

#[tokio::test]
async fn every_attempt_has_its_own_ticket() {
    let (issuer, seen) = (issuer(signing_access_tokens()), Seen::new());
    for _ in 0..2 {
        let limiter = limiter_noting_attempts(&seen, |_| true);
        Setup { limiter, issuer: Arc::clone(&issuer), ..setup() }.run().await.unwrap();
    }
    assert_ne!(seen.all()[0].ticket, seen.all()[1].ticket);
}

#[tokio::test]
async fn an_error_of_the_settlement_does_not_fail_the_login() {
    let setup = Setup { limiter: limiter_that_cannot_settle(), ..setup() };
    let errors = setup.run().await.unwrap().errors;
    assert_eq!(errors.iter().map(PortError::kind).collect::<Vec<_>>(), [PortErrorKind::Unavailable]);
}

#[tokio::test]
async fn an_error_of_the_settlement_does_not_change_a_rejection() {
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
            Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false }))
        },
    );
    limiter.expect_settle().returning(|_, _, _| Ok(()));
    limiter
}

fn limiter_that_cannot_settle() -> MockLoginLimiter {
    let mut limiter = MockLoginLimiter::new();
    limiter
        .expect_reserve()
        .returning(|attempt, _| Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false })));
    limiter.expect_settle().times(1).returning(|_, _, _| Err(port_error(PortErrorKind::Unavailable)));
    limiter
}
