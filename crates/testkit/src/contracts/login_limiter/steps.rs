//! Steps that the cases are told in.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use auth_domain::model::{
    ClientAddress, LimitKey, LimitKeys, LoginAttempt, Reservation, Settlement, Ticket, TicketId,
};
use auth_domain::ports::{LoginLimiter, random_bytes};
use time::OffsetDateTime;

use crate::{Fixture, LOGIN_LIMIT, START, TestEntropy, an_email, request_time_at};

pub(super) type Limiter = Fixture<dyn LoginLimiter>;

pub(super) const MILLISECOND: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// The email axis of an email that nobody else has.
pub(super) fn email() -> LimitKey {
    keys().email(&an_email())
}

/// The address axis of an address that nobody else has.
pub(super) fn address() -> LimitKey {
    static NEXT: AtomicU32 = AtomicU32::new(0x0a00_0001);
    let address = Ipv4Addr::from(NEXT.fetch_add(1, Ordering::Relaxed));
    keys().address(ClientAddress::new(IpAddr::V4(address)))
}

fn keys() -> LimitKeys {
    LimitKeys::derive(b"contract suite")
}

pub(super) fn attempt(email: LimitKey, address: impl Into<Option<LimitKey>>) -> LoginAttempt {
    LoginAttempt {
        ticket: TicketId::from_bytes(*random_bytes(&TestEntropy).unwrap()),
        email,
        address: address.into(),
    }
}

pub(super) async fn reserve(limiter: &Limiter, attempt: LoginAttempt, now: OffsetDateTime) -> Reservation {
    limiter.port.reserve(&attempt, request_time_at(now)).await.unwrap()
}

/// Takes a place that is free.
pub(super) async fn reserved(limiter: &Limiter, attempt: LoginAttempt, now: OffsetDateTime) -> Ticket {
    match reserve(limiter, attempt, now).await {
        Reservation::Reserved(ticket) => {
            assert_eq!(ticket, Ticket { attempt }, "the ticket is of another attempt");
            ticket
        }
        other => panic!("a place was free, but the answer is {other:?}"),
    }
}

pub(super) async fn settle(limiter: &Limiter, ticket: &Ticket, outcome: Settlement, now: OffsetDateTime) {
    limiter.port.settle(ticket, outcome, request_time_at(now)).await.unwrap();
}

/// An attempt from beginning to end.
pub(super) async fn attempted(
    limiter: &Limiter,
    email: LimitKey,
    address: impl Into<Option<LimitKey>>,
    outcome: Settlement,
) {
    let ticket = reserved(limiter, attempt(email, address), START).await;
    settle(limiter, &ticket, outcome, START).await;
}

/// A failed attempt at `now`.
pub(super) async fn failed(
    limiter: &Limiter,
    email: LimitKey,
    address: impl Into<Option<LimitKey>>,
    now: OffsetDateTime,
) {
    let ticket = reserved(limiter, attempt(email, address), now).await;
    settle(limiter, &ticket, Settlement::Failed, now).await;
}

/// As many failed attempts, all at the start.
pub(super) async fn failures(
    limiter: &Limiter,
    count: u32,
    email: LimitKey,
    address: impl Into<Option<LimitKey>>,
) {
    let address = address.into();
    for _ in 0..count {
        failed(limiter, email, address, START).await;
    }
}

/// How many attempts on this email, from addresses of their own, are still let in at the start.
pub(super) async fn places_of_email(limiter: &Limiter, email: LimitKey) -> u32 {
    places(limiter, || attempt(email, address())).await
}

/// How many attempts from this address, on emails of their own, are still let in at the start.
pub(super) async fn places_of_address(limiter: &Limiter, address: LimitKey) -> u32 {
    places(limiter, || attempt(email(), address)).await
}

/// Takes every free place and gives all of them back.
async fn places(limiter: &Limiter, attempt: impl Fn() -> LoginAttempt) -> u32 {
    let mut tickets = Vec::new();
    while let Reservation::Reserved(ticket) = reserve(limiter, attempt(), START).await {
        tickets.push(ticket);
        assert!(tickets.len() <= LOGIN_LIMIT as usize, "more attempts than the limit are in flight");
    }
    for ticket in &tickets {
        settle(limiter, ticket, Settlement::Abandoned, START).await;
    }
    u32::try_from(tickets.len()).unwrap()
}

/// Checks that failures on `full` are the reason.
pub(super) fn assert_rejected_by(full: LimitKey, reservation: Reservation) -> Duration {
    assert!(matches!(reservation, Reservation::Rejected { key, .. } if key == full), "{reservation:?}");
    assert_rejected(reservation)
}

pub(super) fn assert_rejected(reservation: Reservation) -> Duration {
    match reservation {
        Reservation::Rejected { retry_after, .. } => retry_after,
        other => panic!("failures fill an axis, but the answer is {other:?}"),
    }
}
