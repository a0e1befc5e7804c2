use std::sync::Mutex;

use auth_domain::mocks::MockLoginLimiter;
use auth_domain::model::{Email, LimitKeys, TicketId};
use auth_domain::ports::start_request;

use super::*;
use crate::system::SystemClock;

type Seen = Arc<Mutex<Vec<(Ticket, Settlement)>>>;

fn ticket() -> Ticket {
    let email = LimitKeys::derive(b"secret").email(&Email::from_trusted("a@b.c".to_owned()));
    Ticket { attempt: LoginAttempt { ticket: TicketId::from_bytes([1; 16]), email, address: None } }
}

fn request_time() -> RequestTime {
    start_request(&SystemClock, Duration::from_secs(5))
}

fn late(limiter: MockLoginLimiter) -> LateSettlement {
    let clock = Arc::new(SystemClock);
    LateSettlement::new(Arc::new(limiter), clock, Handle::current(), CancellationToken::new())
}

/// A limiter whose first `failures` settlements fail, and what it was told.
fn settling(failures: usize, error: fn() -> PortError) -> (MockLoginLimiter, Seen) {
    let seen = Seen::default();
    let mut limiter = MockLoginLimiter::new();
    let told = seen.clone();
    limiter.expect_settle().returning(move |ticket, outcome, request_time| {
        assert!(request_time.deadline() > request_time.started());
        let mut told = told.lock().unwrap();
        told.push((*ticket, outcome));
        if told.len() <= failures { Err(error()) } else { Ok(()) }
    });
    (limiter, seen)
}

fn away() -> PortError {
    PortError::unavailable("away")
}

fn full() -> PortError {
    PortError::overloaded("full")
}

#[tokio::test(start_paused = true)]
async fn what_settles_at_once_is_settled_once() {
    let (limiter, seen) = settling(0, away);
    late(limiter).settle(&ticket(), Settlement::Failed, request_time()).await.unwrap();
    sleep(PATIENCE).await;
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_fails_is_told_at_once_and_repeated_until_it_succeeds() {
    for error in [away, full] {
        let (limiter, seen) = settling(8, error);
        let late = late(limiter);
        assert!(late.settle(&ticket(), Settlement::Succeeded, request_time()).await.is_err());
        assert_eq!(seen.lock().unwrap().len(), 1);
        sleep(Duration::from_millis(260)).await;
        assert_eq!(seen.lock().unwrap().len(), 2);
        sleep(PATIENCE).await;
        assert_eq!(*seen.lock().unwrap(), [(ticket(), Settlement::Succeeded); 9]);
        assert_eq!(late.owed.available_permits(), MAX_OWED);
    }
}

#[tokio::test(start_paused = true)]
async fn a_settlement_is_given_up_after_a_minute() {
    let (limiter, seen) = settling(usize::MAX, away);
    let late = late(limiter);
    late.settle(&ticket(), Settlement::Failed, request_time()).await.unwrap_err();
    sleep(2 * PATIENCE).await;
    let tries = seen.lock().unwrap().len();
    assert!((25..40).contains(&tries), "{tries}");
    assert_eq!(late.owed.available_permits(), MAX_OWED);
}

#[tokio::test(start_paused = true)]
async fn a_defect_is_not_repeated() {
    let (limiter, seen) = settling(usize::MAX, || PortError::corrupt("broken"));
    late(limiter).settle(&ticket(), Settlement::Failed, request_time()).await.unwrap_err();
    sleep(PATIENCE).await;
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reservation_without_an_answer_is_abandoned_and_one_that_was_rejected_is_not() {
    let cases = [(away as fn() -> PortError, vec![(ticket(), Settlement::Abandoned)]), (full, Vec::new())];
    for (error, settled) in cases {
        let (mut limiter, seen) = settling(0, away);
        limiter.expect_reserve().returning(move |_, _| Err(error()));
        assert!(late(limiter).reserve(&ticket().attempt, request_time()).await.is_err());
        sleep(PATIENCE).await;
        assert_eq!(*seen.lock().unwrap(), settled);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_owed_than_there_is_room_for() {
    let (limiter, seen) = settling(usize::MAX, away);
    let late = late(limiter);
    for _ in 0..MAX_OWED + 100 {
        late.settle(&ticket(), Settlement::Failed, request_time()).await.unwrap_err();
    }
    sleep(Duration::from_millis(260)).await;
    assert_eq!(seen.lock().unwrap().len(), MAX_OWED + 100 + MAX_OWED);
}

#[tokio::test(start_paused = true)]
async fn stopping_gives_every_debt_up() {
    let (limiter, seen) = settling(usize::MAX, away);
    let late = late(limiter);
    late.settle(&ticket(), Settlement::Failed, request_time()).await.unwrap_err();
    late.stopping.cancel();
    sleep(PATIENCE).await;
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(late.owed.available_permits(), MAX_OWED);
}
