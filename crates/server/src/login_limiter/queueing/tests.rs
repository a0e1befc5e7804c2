use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Instant;

use auth_domain::mocks::{MockLoginLimiter, counting_entropy};
use auth_domain::model::{ClientAddress, Email, LimitKeys, LoginLimit, TicketId};
use auth_domain::ports::{Clock, random_bytes, start_request};
use futures_util::future::join_all;
use tokio::task::yield_now;

use super::places::{MAX_PER_KEY, MAX_TOTAL};
use super::*;
use crate::system::SystemClock;

/// A limiter that admits `limit` attempts of an email at a time, and records the order of admission.
#[derive(Default)]
struct Admissions {
    limit: usize,
    running: Mutex<HashSet<TicketId>>,
    order: Mutex<Vec<TicketId>>,
}

fn limiter(limit: usize) -> (Arc<Admissions>, QueueingLoginLimiter) {
    let admissions = Arc::new(Admissions { limit, ..Admissions::default() });
    let mut mock = MockLoginLimiter::new();
    let state = admissions.clone();
    mock.expect_reserve().returning(move |attempt, _| {
        let mut running = state.running.lock().unwrap();
        if running.len() >= state.limit {
            return Ok(Reservation::Busy(attempt.email));
        }
        running.insert(attempt.ticket);
        state.order.lock().unwrap().push(attempt.ticket);
        Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false }))
    });
    let state = admissions.clone();
    mock.expect_settle().returning(move |ticket, _, _| {
        state.running.lock().unwrap().remove(&ticket.attempt.ticket);
        Ok(())
    });
    (admissions, QueueingLoginLimiter::new(Arc::new(mock), Arc::new(counting_entropy())))
}

fn attempts(count: usize) -> Vec<LoginAttempt> {
    let (keys, entropy) = (LimitKeys::derive(b"secret"), counting_entropy());
    let email = keys.email(&Email::from_trusted("a@b.c".to_owned()));
    let ticket = |_| TicketId::from_bytes(*random_bytes(&entropy).unwrap());
    (0..count).map(ticket).map(|ticket| LoginAttempt { ticket, email, origin: None }).collect()
}

fn request_time(allowed: Duration) -> RequestTime {
    start_request(&SystemClock, allowed)
}

#[tokio::test]
async fn attempts_are_admitted_in_the_order_of_arrival() {
    let (admissions, queue) = limiter(1);
    let attempts = attempts(20);
    let request_time = request_time(Duration::from_secs(20));
    let run = |attempt: LoginAttempt| {
        let queue = &queue;
        async move {
            let Reservation::Reserved(ticket) = queue.reserve(&attempt, request_time).await.unwrap() else {
                panic!("not admitted")
            };
            yield_now().await;
            queue.settle(&ticket, Settlement::Succeeded, request_time).await.unwrap();
        }
    };
    join_all(attempts.iter().copied().map(run)).await;
    let order: Vec<TicketId> = attempts.iter().map(|attempt| attempt.ticket).collect();
    assert_eq!(*admissions.order.lock().unwrap(), order);
    assert_eq!(queue.places.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_settlement_by_another_process_is_found_by_polling() {
    let (admissions, queue) = limiter(1);
    let [first, second] = attempts(2).try_into().unwrap();
    let request_time = request_time(Duration::from_secs(20));
    queue.reserve(&first, request_time).await.unwrap();
    let freed = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        admissions.running.lock().unwrap().clear();
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
async fn the_65th_attempt_of_a_key_is_busy_at_once() {
    let (_, queue) = limiter(0);
    let attempts = attempts(70);
    let request_time = request_time(Duration::from_millis(300));
    let mut waiting: Vec<_> =
        attempts.iter().map(|attempt| Box::pin(queue.reserve(attempt, request_time))).collect();
    let mut rejected = 0;
    for wait in &mut waiting {
        rejected += usize::from(futures_util::poll!(wait).is_ready());
    }
    assert_eq!(rejected, 70 - MAX_PER_KEY);
    drop(waiting);
    assert_eq!(queue.places.waiting(), 0);
}

// S-90
#[tokio::test]
async fn sixteen_addresses_leave_places_for_others() {
    let (_, queue) = limiter(0);
    let key = |number: u8| LimitKey::from_bytes([number; 16]);
    let mut held: Vec<_> = (0..74)
        .flat_map(|_| (0..16).filter_map(|address| queue.places.take(key(address))).collect::<Vec<_>>())
        .collect();
    assert!(held.len() < MAX_TOTAL * 3 / 4);
    assert!((0..16).all(|address| queue.places.take(key(address)).is_none()));
    held.extend((16..66).map(|address| queue.places.take(key(address)).unwrap()));
    drop(held);
    assert_eq!(queue.places.waiting(), 0);
}

#[tokio::test]
async fn a_rejection_is_returned_at_once() {
    let mut mock = MockLoginLimiter::new();
    let retry_after = Duration::from_secs(7);
    let reject = move |attempt: &LoginAttempt| Reservation::Rejected {
        limit: LoginLimit::Email,
        key: attempt.email,
        retry_after,
    };
    mock.expect_reserve().times(1).returning(move |attempt, _| Ok(reject(attempt)));
    let queue = QueueingLoginLimiter::new(Arc::new(mock), Arc::new(counting_entropy()));
    let [attempt] = attempts(1).try_into().unwrap();
    let reservation = queue.reserve(&attempt, request_time(Duration::from_secs(1))).await.unwrap();
    assert_eq!(reservation, reject(&attempt));
}

/// Only the limiter knows which addresses are known: it admits those, and one attempt of strangers at a time on the key.
fn limiter_of_known_address(known: LimitKey, busy: LimitKey) -> QueueingLoginLimiter {
    let (mut mock, running) = (MockLoginLimiter::new(), Arc::new(Mutex::new(HashSet::new())));
    let state = running.clone();
    mock.expect_reserve().returning(move |attempt, _| {
        let is_known = attempt.address() == Some(known);
        let mut running = state.lock().unwrap();
        if !is_known && !running.is_empty() {
            return Ok(Reservation::Busy(busy));
        }
        if !is_known {
            running.insert(attempt.ticket);
        }
        Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known }))
    });
    mock.expect_settle().returning(move |ticket, _, _| {
        running.lock().unwrap().remove(&ticket.attempt.ticket);
        Ok(())
    });
    QueueingLoginLimiter::new(Arc::new(mock), Arc::new(counting_entropy()))
}

fn attempts_from(addresses: &[&str]) -> Vec<LoginAttempt> {
    let (keys, entropy) = (LimitKeys::derive(b"secret"), counting_entropy());
    let email = Email::from_trusted("a@b.c".to_owned());
    let attempt = |address: &&str| LoginAttempt {
        ticket: TicketId::from_bytes(*random_bytes(&entropy).unwrap()),
        email: keys.email(&email),
        origin: Some(keys.origin(&email, ClientAddress::new(address.parse().unwrap()), false)),
    };
    addresses.iter().map(attempt).collect()
}

// S-91
#[tokio::test]
async fn an_attempt_from_a_known_address_does_not_wait_behind_strangers() {
    let attempts = attempts_from(&["2001:db8:0:1::", "2001:db8:0:2::", "2001:db8:0:3::", "2001:db8:0:4::"]);
    for busy in [attempts[0].email, attempts[0].origin.unwrap().network.unwrap()] {
        let queue = limiter_of_known_address(attempts[2].address().unwrap(), busy);
        let request_time = request_time(Duration::from_secs(20));
        let running = reserved(&queue, &attempts[0], request_time).await;
        let mut waiting = Box::pin(reserved(&queue, &attempts[1], request_time));
        assert!(futures_util::poll!(&mut waiting).is_pending());

        assert!(reserved(&queue, &attempts[2], request_time).await.is_known);
        // Another stranger does not overtake the one that waits, even if a place is free when it arrives.
        queue.limiter.settle(&running, Settlement::Failed, request_time).await.unwrap();
        let mut later = Box::pin(reserved(&queue, &attempts[3], request_time));
        assert!(futures_util::poll!(&mut later).is_pending());
        assert_eq!(waiting.await.attempt, attempts[1]);
    }
}

async fn reserved(queue: &QueueingLoginLimiter, attempt: &LoginAttempt, request_time: RequestTime) -> Ticket {
    match queue.reserve(attempt, request_time).await.unwrap() {
        Reservation::Reserved(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}
