use std::sync::Mutex;

use auth_domain::mocks::MockLoginLimiter;
use auth_domain::model::{Email, LimitKeys, TicketId};

use tokio::time::sleep;

use super::*;
use crate::background_retries::MAX_PENDING;
use crate::system::SystemClock;

type Seen = Arc<Mutex<Vec<(Ticket, Settlement)>>>;

fn ticket() -> Ticket {
    let email = LimitKeys::derive(b"secret").email(&Email::from_trusted("a@b.c".to_owned()));
    let attempt = LoginAttempt { ticket: TicketId::from_bytes([1; 16]), email, origin: None };
    Ticket { attempt, is_known: false }
}

fn request_time() -> RequestTime {
    start_request(&SystemClock, Duration::from_secs(5))
}

fn retrying(limiter: MockLoginLimiter) -> RetryingLoginLimiter {
    retrying_until(limiter, CancellationToken::new())
}

fn retrying_until(limiter: MockLoginLimiter, stopping: CancellationToken) -> RetryingLoginLimiter {
    RetryingLoginLimiter::new(Arc::new(limiter), Arc::new(SystemClock), Handle::current(), stopping)
}

/// A limiter whose first `failures` settlements fail, and the settlements that it got.
fn settling(failures: usize, error: fn() -> PortError) -> (MockLoginLimiter, Seen) {
    let seen = Seen::default();
    let mut limiter = MockLoginLimiter::new();
    let settlements = seen.clone();
    limiter.expect_settle().returning(move |ticket, outcome, request_time| {
        assert!(request_time.deadline() > request_time.started());
        let mut settlements = settlements.lock().unwrap();
        settlements.push((*ticket, outcome));
        if settlements.len() <= failures { Err(error()) } else { Ok(()) }
    });
    (limiter, seen)
}

fn unavailable() -> PortError {
    PortError::unavailable("gone")
}

fn unanswered() -> PortError {
    PortError::unanswered("lost")
}

fn misconfigured() -> PortError {
    PortError::misconfigured("no right")
}

fn overloaded() -> PortError {
    PortError::overloaded("full")
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_succeeds_is_not_repeated() {
    let (limiter, seen) = settling(0, unavailable);
    retrying(limiter).settle(&ticket(), Settlement::Failed, request_time()).await.unwrap();
    sleep(RETRY_LIMIT).await;
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_fails_is_retried_until_it_succeeds() {
    for error in [unavailable, unanswered, overloaded, misconfigured] {
        let (limiter, seen) = settling(8, error);
        let retrying = retrying(limiter);
        assert!(retrying.settle(&ticket(), Settlement::Succeeded, request_time()).await.is_err());
        assert_eq!(seen.lock().unwrap().len(), 1);
        sleep(Duration::from_millis(260)).await;
        assert_eq!(seen.lock().unwrap().len(), 2);
        sleep(RETRY_LIMIT).await;
        assert_eq!(*seen.lock().unwrap(), [(ticket(), Settlement::Succeeded); 9]);
        assert_eq!(retrying.settlements.available(), MAX_PENDING);
    }
}

#[tokio::test(start_paused = true)]
async fn a_settlement_is_not_retried_after_a_minute() {
    let (limiter, seen) = settling(usize::MAX, unavailable);
    let retrying = retrying(limiter);
    retrying.settle(&ticket(), Settlement::Failed, request_time()).await.unwrap_err();
    sleep(2 * RETRY_LIMIT).await;
    let calls = seen.lock().unwrap().len();
    assert!((25..40).contains(&calls), "{calls}");
    assert_eq!(retrying.settlements.available(), MAX_PENDING);
}

#[tokio::test(start_paused = true)]
async fn a_defect_is_not_retried() {
    let (limiter, seen) = settling(usize::MAX, || PortError::corrupt("broken"));
    retrying(limiter).settle(&ticket(), Settlement::Failed, request_time()).await.unwrap_err();
    sleep(RETRY_LIMIT).await;
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_a_reservation_of_unknown_outcome_is_abandoned() {
    let cases = [
        (unanswered as fn() -> PortError, vec![(ticket(), Settlement::Abandoned)]),
        (misconfigured, vec![(ticket(), Settlement::Abandoned)]),
        (unavailable, Vec::new()),
        (overloaded, Vec::new()),
    ];
    for (error, settled) in cases {
        let (mut limiter, seen) = settling(0, unavailable);
        limiter.expect_reserve().returning(move |_, _| Err(error()));
        assert!(retrying(limiter).reserve(&ticket().attempt, request_time()).await.is_err());
        sleep(RETRY_LIMIT).await;
        assert_eq!(*seen.lock().unwrap(), settled);
    }
}

#[tokio::test(start_paused = true)]
async fn the_number_of_retried_settlements_is_bounded() {
    let (limiter, seen) = settling(usize::MAX, unavailable);
    let retrying = retrying(limiter);
    for _ in 0..MAX_PENDING + 100 {
        retrying.settle(&ticket(), Settlement::Failed, request_time()).await.unwrap_err();
    }
    sleep(Duration::from_millis(260)).await;
    assert_eq!(seen.lock().unwrap().len(), MAX_PENDING + 100 + MAX_PENDING);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_all_retries() {
    let (limiter, seen) = settling(usize::MAX, unavailable);
    let stopping = CancellationToken::new();
    let retrying = retrying_until(limiter, stopping.clone());
    retrying.settle(&ticket(), Settlement::Failed, request_time()).await.unwrap_err();
    stopping.cancel();
    sleep(RETRY_LIMIT).await;
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(retrying.settlements.available(), MAX_PENDING);
}
