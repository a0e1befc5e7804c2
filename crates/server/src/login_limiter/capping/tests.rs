use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_domain::mocks::{MockLoginLimiter, counting_entropy, permissive_limiter};
use auth_domain::model::{ClientAddress, Email, LimitKeys, LoginLimit};
use auth_domain::ports::{random_bytes, start_request};
use futures_util::future::join_all;
use futures_util::poll;

use super::*;
use crate::login_limiter::QueueingLoginLimiter;
use crate::system::SystemClock;

const WAIT: Duration = Duration::from_secs(2);

fn capped(capacity: usize) -> CappingLoginLimiter {
    over(permissive_limiter(), capacity)
}

fn over(limiter: MockLoginLimiter, capacity: usize) -> CappingLoginLimiter {
    CappingLoginLimiter::new(Arc::new(limiter), PasswordQueue::new(Arc::new(move |_| capacity), WAIT))
}

/// Attempts of one address, each on an email of its own.
fn attempts(address: Option<&str>, count: u8) -> Vec<LoginAttempt> {
    let (keys, entropy) = (LimitKeys::derive(b"secret"), counting_entropy());
    let address = address.map(|address| ClientAddress::new(address.parse().unwrap()));
    let attempt = |number| {
        let email = Email::from_trusted(format!("{number}@{address:?}"));
        LoginAttempt {
            ticket: TicketId::from_bytes(*random_bytes(&entropy).unwrap()),
            email: keys.email(&email),
            origin: address.map(|address| keys.origin(&email, address, false)),
        }
    };
    (0..count).map(attempt).collect()
}

fn request_time(allowed: Duration) -> RequestTime {
    start_request(&SystemClock, allowed)
}

async fn reserved(limiter: &CappingLoginLimiter, attempts: &[LoginAttempt]) -> Vec<Ticket> {
    let reservations =
        join_all(attempts.iter().map(|attempt| limiter.reserve(attempt, request_time(WAIT)))).await;
    let tickets = reservations.into_iter().map(|reservation| match reservation.unwrap() {
        Reservation::Reserved(ticket) => Some(ticket),
        Reservation::Busy(_) | Reservation::Rejected { .. } => None,
    });
    tickets.flatten().collect()
}

// S-90
#[tokio::test]
async fn one_address_holds_a_quarter_of_the_password_queue() {
    let limiter = capped(40);
    let flood = attempts(Some("203.0.113.1"), 50);
    assert_eq!(reserved(&limiter, &flood).await.len(), 10);
    let busy = limiter.reserve(&flood[20], request_time(WAIT)).await.unwrap();
    assert_eq!(busy, Reservation::Busy(flood[20].address().unwrap()));
    for other in ["203.0.113.2", "2001:db8::1"] {
        assert_eq!(reserved(&limiter, &attempts(Some(other), 5)).await.len(), 5, "{other}");
    }
}

// S-90
#[tokio::test]
async fn attempts_without_an_address_hold_half_of_the_queue_together() {
    let limiter = capped(40);
    let unknown = attempts(None, 50);
    assert_eq!(reserved(&limiter, &unknown).await.len(), 20);
    let busy = limiter.reserve(&unknown[30], request_time(WAIT)).await.unwrap();
    assert_eq!(busy, Reservation::Busy(unknown[30].email));
    assert_eq!(reserved(&limiter, &attempts(Some("203.0.113.2"), 5)).await.len(), 5);
}

#[tokio::test]
async fn every_address_gets_one_place_if_hashes_are_slow() {
    let limiter = capped(1);
    for address in [Some("203.0.113.1"), Some("203.0.113.2"), None] {
        assert_eq!(reserved(&limiter, &attempts(address, 3)).await.len(), 1, "{address:?}");
    }
}

#[tokio::test]
async fn a_settled_attempt_frees_one_place_even_if_the_store_fails() {
    let mut mock = MockLoginLimiter::new();
    mock.expect_reserve()
        .returning(|attempt, _| Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false })));
    mock.expect_settle().returning(|_, _, _| Err(PortError::unavailable("gone")));
    let limiter = over(mock, 8);
    let flood = attempts(Some("203.0.113.1"), 5);
    let tickets = reserved(&limiter, &flood[..2]).await;
    for _ in 0..3 {
        assert!(limiter.settle(&tickets[0], Settlement::Failed, request_time(WAIT)).await.is_err());
    }
    assert_eq!(reserved(&limiter, &flood[2..]).await.len(), 1);
}

#[tokio::test]
async fn an_attempt_that_is_not_admitted_holds_no_place() {
    let (answers, mut mock) = (AtomicUsize::new(0), MockLoginLimiter::new());
    mock.expect_reserve().returning(move |attempt, _| match answers.fetch_add(1, Ordering::Relaxed) % 3 {
        0 => Ok(Reservation::Busy(attempt.email)),
        1 => Ok(Reservation::Rejected { limit: LoginLimit::Email, key: attempt.email, retry_after: WAIT }),
        _ => Err(PortError::unavailable("gone")),
    });
    let limiter = over(mock, 4);
    for attempt in attempts(Some("203.0.113.1"), 9) {
        assert_ne!(
            limiter.reserve(&attempt, request_time(WAIT)).await.ok(),
            Some(Reservation::Busy(attempt.address().unwrap()))
        );
    }
    assert!(limiter.lock().is_empty());
}

// S-77
#[tokio::test]
async fn a_place_is_free_after_its_deadline() {
    let limiter = capped(4);
    let flood = attempts(Some("203.0.113.1"), 3);
    limiter.reserve(&flood[0], request_time(Duration::ZERO)).await.unwrap();
    assert_eq!(reserved(&limiter, &flood[1..]).await.len(), 1);
}

// S-90
#[tokio::test]
async fn a_flood_waits_until_places_are_free() {
    let limiter = Arc::new(capped(8));
    let queue = QueueingLoginLimiter::new(limiter.clone(), Arc::new(counting_entropy()));
    let flood = attempts(Some("203.0.113.1"), 6);
    let allowed = request_time(Duration::from_secs(20));
    let mut admitted = Vec::new();
    for attempt in &flood[..2] {
        admitted.push(queue.reserve(attempt, allowed).await.unwrap());
    }
    let mut third = Box::pin(queue.reserve(&flood[2], allowed));
    assert!(poll!(&mut third).is_pending());
    let [other] = attempts(Some("203.0.113.2"), 1).try_into().unwrap();
    assert!(matches!(queue.reserve(&other, allowed).await, Ok(Reservation::Reserved(_))));
    let Reservation::Reserved(first) = &admitted[0] else { panic!("not admitted") };
    queue.settle(first, Settlement::Failed, allowed).await.unwrap();
    assert!(matches!(third.await, Ok(Reservation::Reserved(_))));
}
