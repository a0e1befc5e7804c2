use std::collections::HashSet;
use std::time::Instant;

use auth_domain::mocks::{MockLoginLimiter, counting_entropy};
use auth_domain::model::{Email, LimitKeys, TicketId};
use auth_domain::ports::{Clock, random_bytes, start_request};
use futures_util::future::join_all;
use tokio::task::yield_now;

use super::*;
use crate::system::SystemClock;

/// A limiter with `places` places, all on the email axis, that remembers the order of admission.
#[derive(Default)]
struct Places {
    places: usize,
    state: Mutex<(HashSet<TicketId>, Vec<TicketId>)>,
}

fn limiter(places: usize) -> (Arc<Places>, LoginQueue) {
    let shared = Arc::new(Places { places, ..Places::default() });
    let mut mock = MockLoginLimiter::new();
    let state = shared.clone();
    mock.expect_reserve().returning(move |attempt, _| {
        let mut verifier = state.state.lock().unwrap();
        if verifier.0.len() >= state.places {
            return Ok(Reservation::Busy(attempt.email));
        }
        verifier.0.insert(attempt.ticket);
        verifier.1.push(attempt.ticket);
        Ok(Reservation::Reserved(Ticket { attempt: *attempt }))
    });
    let state = shared.clone();
    mock.expect_settle().returning(move |ticket, _, _| {
        state.state.lock().unwrap().0.remove(&ticket.attempt.ticket);
        Ok(())
    });
    (shared, LoginQueue::new(Arc::new(mock), Arc::new(counting_entropy())))
}

fn attempts(count: usize) -> Vec<LoginAttempt> {
    let (keys, entropy) = (LimitKeys::derive(b"secret"), counting_entropy());
    let email = keys.email(&Email::from_trusted("a@b.c".to_owned()));
    let ticket = |_| TicketId::from_bytes(*random_bytes(&entropy).unwrap());
    (0..count).map(ticket).map(|ticket| LoginAttempt { ticket, email, address: None }).collect()
}

fn request_time(allowed: Duration) -> RequestTime {
    start_request(&SystemClock, allowed)
}

#[tokio::test]
async fn waiters_are_let_in_in_the_order_in_which_they_came() {
    let (places, queue) = limiter(1);
    let attempts = attempts(20);
    let request_time = request_time(Duration::from_secs(20));
    let run = |attempt: LoginAttempt| {
        let queue = &queue;
        async move {
            let Reservation::Reserved(ticket) = queue.reserve(&attempt, request_time).await.unwrap() else {
                panic!("not let in")
            };
            yield_now().await;
            queue.settle(&ticket, Settlement::Succeeded, request_time).await.unwrap();
        }
    };
    join_all(attempts.iter().copied().map(run)).await;
    let order: Vec<TicketId> = attempts.iter().map(|attempt| attempt.ticket).collect();
    assert_eq!(places.state.lock().unwrap().1, order);
    assert_eq!(queue.waiting.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_another_process_frees_is_found_by_asking_again() {
    let (places, queue) = limiter(1);
    let [first, second] = attempts(2).try_into().unwrap();
    let request_time = request_time(Duration::from_secs(20));
    queue.reserve(&first, request_time).await.unwrap();
    let freed = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        places.state.lock().unwrap().0.clear();
    };
    let (reservation, ()) = tokio::join!(queue.reserve(&second, request_time), freed);
    assert!(matches!(reservation, Ok(Reservation::Reserved(_))));
}

#[tokio::test]
async fn a_wait_ends_at_its_deadline() {
    let (_, queue) = limiter(0);
    let [attempt] = attempts(1).try_into().unwrap();
    let started: Instant = SystemClock.instant();
    let reservation = queue.reserve(&attempt, request_time(Duration::from_millis(150))).await.unwrap();
    assert_eq!(reservation, Reservation::Busy(attempt.email));
    assert!(SystemClock.instant() - started < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_queue_holds_64_attempts_and_turns_the_next_away_at_once() {
    let (_, queue) = limiter(0);
    let attempts = attempts(70);
    let request_time = request_time(Duration::from_millis(300));
    let mut waiting: Vec<_> =
        attempts.iter().map(|attempt| Box::pin(queue.reserve(attempt, request_time))).collect();
    let mut turned_away = 0;
    for wait in &mut waiting {
        turned_away += usize::from(futures_util::poll!(wait).is_ready());
    }
    assert_eq!(turned_away, 70 - MAX_WAITING_PER_KEY);
    drop(waiting);
    assert_eq!(queue.waiting.load(Ordering::Relaxed), 0);
}

// S-90
#[tokio::test]
async fn sixteen_addresses_leave_waiting_places_for_others() {
    let (_, queue) = limiter(0);
    let key = |number: u8| LimitKey::from_bytes([number; 16]);
    let mut held: Vec<_> = (0..74)
        .flat_map(|_| (0..16).filter_map(|address| queue.place(key(address))).collect::<Vec<_>>())
        .collect();
    assert!(held.len() < MAX_WAITING * 3 / 4);
    assert!((0..16).all(|address| queue.place(key(address)).is_none()));
    held.extend((16..66).map(|address| queue.place(key(address)).unwrap()));
    drop(held);
    assert_eq!(queue.waiting.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_rejection_passes_through() {
    let mut mock = MockLoginLimiter::new();
    let retry_after = Duration::from_secs(7);
    let reject = move |attempt: &LoginAttempt| Reservation::Rejected { key: attempt.email, retry_after };
    mock.expect_reserve().times(1).returning(move |attempt, _| Ok(reject(attempt)));
    let queue = LoginQueue::new(Arc::new(mock), Arc::new(counting_entropy()));
    let [attempt] = attempts(1).try_into().unwrap();
    let reservation = queue.reserve(&attempt, request_time(Duration::from_secs(1))).await.unwrap();
    assert_eq!(reservation, reject(&attempt));
}
