use std::net::Ipv4Addr;
use std::task::Poll;

use auth_domain::mocks::MockLoginLimiter;
use auth_domain::model::{ClientAddress, Email, LimitKeys, Reservation, TicketId};
use auth_domain::ports::{PortErrorKind, random_bytes, start_request};
use futures_util::poll;

use super::*;
use crate::system::{SystemClock, SystemEntropy};

mod flood;

/// Returns a limiter for ten passwords per second: at most four attempts run, and at most sixteen wait.
fn limiter(abandoned: usize) -> PrioritizingLoginLimiter {
    let mut mock = MockLoginLimiter::new();
    mock.expect_reserve()
        .returning(|attempt, _| Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false })));
    mock.expect_settle()
        .withf(|_, outcome, _| *outcome == Settlement::Abandoned)
        .times(abandoned)
        .returning(|_, _, _| Ok(()));
    mock.expect_settle().withf(|_, outcome, _| *outcome != Settlement::Abandoned).returning(|_, _, _| Ok(()));
    let capacity = Arc::new(|time: Duration| usize::try_from(time.as_millis() / 100).unwrap());
    let queue = PasswordQueue::new(capacity, Duration::from_secs(2));
    PrioritizingLoginLimiter::new(Arc::new(mock), queue, Arc::new(SystemClock), Arc::new(SystemEntropy))
}

/// Returns one attempt from each address.
fn attempts(addresses: impl Iterator<Item = u32>) -> Vec<LoginAttempt> {
    let keys = LimitKeys::derive(b"secret");
    let email = Email::from_trusted("a@b.c".to_owned());
    let attempt = |address| LoginAttempt {
        ticket: TicketId::from_bytes(*random_bytes(&SystemEntropy).unwrap()),
        email: keys.email(&email),
        origin: Some(keys.origin(&email, ClientAddress::new(Ipv4Addr::from_bits(address).into()), false)),
    };
    addresses.map(attempt).collect()
}

fn request_time() -> RequestTime {
    start_request(&SystemClock, Duration::from_secs(20))
}

async fn fail(limiter: &PrioritizingLoginLimiter, attempt: &LoginAttempt) {
    limiter
        .settle(&Ticket { attempt: *attempt, is_known: false }, Settlement::Failed, request_time())
        .await
        .unwrap();
}

#[tokio::test]
async fn an_address_without_failures_overtakes_a_flood() {
    let limiter = limiter(0);
    let mut flood = attempts((0..4).chain(0..4).chain(0..4).chain([99]));
    let honest = flood.pop().unwrap();
    for attempt in &flood[..4] {
        limiter.reserve(attempt, request_time()).await.unwrap();
        fail(&limiter, attempt).await;
    }
    for attempt in &flood[4..8] {
        limiter.reserve(attempt, request_time()).await.unwrap();
    }
    let mut waiting: Vec<_> =
        flood[8..].iter().map(|attempt| limiter.reserve(attempt, request_time())).collect();
    for wait in &mut waiting {
        assert!(poll!(wait).is_pending());
    }
    let mut newcomer = limiter.reserve(&honest, request_time());
    assert!(poll!(&mut newcomer).is_pending());
    fail(&limiter, &flood[4]).await;
    assert!(poll!(&mut newcomer).is_ready());
    for wait in &mut waiting {
        assert!(poll!(wait).is_pending());
    }
}

fn is_dropped(polled: &Poll<Result<Reservation, PortError>>) -> bool {
    let Poll::Ready(Err(error)) = polled else { return false };
    assert_eq!(error.kind(), PortErrorKind::Overloaded);
    true
}

#[tokio::test]
async fn a_full_queue_drops_an_attempt_of_its_own_class_only() {
    let limiter = limiter(1);
    let mut flood = attempts((0..20).chain(0..20).chain([3, 99]));
    let (honest, same_class) = (flood.pop().unwrap(), flood.pop().unwrap());
    for attempt in &flood[..20] {
        limiter.reserve(attempt, request_time()).await.unwrap();
        fail(&limiter, attempt).await;
    }
    let mut reserved: Vec<_> =
        flood[20..].iter().map(|attempt| limiter.reserve(attempt, request_time())).collect();
    for reserving in &mut reserved {
        let _ = poll!(reserving);
    }
    assert_eq!(limiter.gate.load(), (4, 16));
    let mut newcomer = limiter.reserve(&honest, request_time());
    assert!(poll!(&mut newcomer).is_pending());
    assert_eq!(limiter.gate.load(), (4, 17));
    let mut last = limiter.reserve(&same_class, request_time());
    // The dropped attempt is chosen at random, and may be the newest one.
    let mut dropped = usize::from(is_dropped(&poll!(&mut last)));
    assert_eq!(limiter.gate.load(), (4, 17));
    for reserving in &mut reserved[4..] {
        dropped += usize::from(is_dropped(&poll!(reserving)));
    }
    assert_eq!(dropped, 1);
    assert!(poll!(&mut newcomer).is_pending());
}

// S-90
#[tokio::test]
async fn a_repeated_settlement_counts_once() {
    let limiter = limiter(0);
    let attempts = attempts([1, 1].into_iter());
    for attempt in &attempts {
        limiter.reserve(attempt, request_time()).await.unwrap();
    }
    fail(&limiter, &attempts[0]).await;
    let ticket = Ticket { attempt: attempts[1], is_known: false };
    limiter.settle(&ticket, Settlement::Succeeded, request_time()).await.unwrap();
    fail(&limiter, &attempts[0]).await;
    let class = limiter.standings.class(attempts[1].address(), SystemClock.instant());
    assert_eq!(class, standings::Class::LoggedIn);
}

#[tokio::test]
async fn attempts_of_one_class_run_in_the_order_of_arrival() {
    let limiter = limiter(0);
    let mut running = attempts(0..8);
    let later = running.split_off(4);
    for attempt in &running {
        limiter.reserve(attempt, request_time()).await.unwrap();
    }
    let mut waiting: Vec<_> = later.iter().map(|attempt| limiter.reserve(attempt, request_time())).collect();
    for wait in &mut waiting {
        assert!(poll!(wait).is_pending());
    }
    for (attempt, mut next) in running.iter().zip(waiting) {
        fail(&limiter, attempt).await;
        assert!(poll!(&mut next).is_ready());
    }
}

#[tokio::test]
async fn an_attempt_that_cannot_run_in_time_is_abandoned() {
    let limiter = limiter(1);
    let mut running = attempts(0..5);
    let late = running.pop().unwrap();
    for attempt in &running {
        limiter.reserve(attempt, request_time()).await.unwrap();
    }
    let soon = start_request(&SystemClock, MARGIN + Duration::from_millis(20));
    let rejected = limiter.reserve(&late, soon).await;
    assert_eq!(rejected.unwrap_err().kind(), PortErrorKind::Overloaded);
    assert_eq!(limiter.gate.load(), (4, 0));
}
