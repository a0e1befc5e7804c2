//! Limit keys, calls and assertions that the cases share.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use auth_domain::model::{
    ClientAddress, LimitKey, LimitKeys, LoginAttempt, LoginLimit, Origin, Reservation, Settlement, Ticket,
    TicketId,
};
use auth_domain::ports::{LoginLimiter, random_bytes};
use time::OffsetDateTime;

use crate::{Fixture, LOGIN_LIMIT, START, TestEntropy, an_email, request_time_at};

pub(super) type Limiter = Fixture<dyn LoginLimiter>;

pub(super) const MILLISECOND: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// By how much a clock was wrong.
pub(super) const ERRORS: [Duration; 3] =
    [Duration::from_hours(1), Duration::from_hours(24), Duration::from_hours(365 * 24)];

/// The limit key of a new, unique email.
pub(super) fn email() -> LimitKey {
    keys().email(&an_email())
}

/// The limit key of a new, unique address.
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
        origin: address.into().map(|address| Origin {
            address,
            network: None,
            pair: pair(email, address),
            is_exempt: false,
        }),
    }
}

/// The limit key of an email and an address together.
fn pair(email: LimitKey, address: LimitKey) -> LimitKey {
    let bytes = email.as_bytes().iter().zip(address.as_bytes()).map(|(email, address)| email ^ address);
    LimitKey::from_bytes(bytes.collect::<Vec<_>>().try_into().unwrap())
}

pub(super) async fn reserve(limiter: &Limiter, attempt: LoginAttempt, now: OffsetDateTime) -> Reservation {
    limiter.port.reserve(&attempt, request_time_at(now)).await.unwrap()
}

/// Reserves an attempt, and asserts that a place was free.
pub(super) async fn reserved(limiter: &Limiter, attempt: LoginAttempt, now: OffsetDateTime) -> Ticket {
    match reserve(limiter, attempt, now).await {
        Reservation::Reserved(ticket) => {
            assert_eq!(ticket.attempt, attempt, "the ticket belongs to another attempt");
            ticket
        }
        other => panic!("expected a reservation, got {other:?}"),
    }
}

pub(super) async fn settle(limiter: &Limiter, ticket: &Ticket, outcome: Settlement, now: OffsetDateTime) {
    limiter.port.settle(ticket, outcome, request_time_at(now)).await.unwrap();
}

/// Reserves an attempt and settles it.
pub(super) async fn attempted(
    limiter: &Limiter,
    email: LimitKey,
    address: impl Into<Option<LimitKey>>,
    outcome: Settlement,
) {
    let ticket = reserved(limiter, attempt(email, address), START).await;
    settle(limiter, &ticket, outcome, START).await;
}

/// Reserves an attempt and settles it as failed, at `now`.
pub(super) async fn failed(
    limiter: &Limiter,
    email: LimitKey,
    address: impl Into<Option<LimitKey>>,
    now: OffsetDateTime,
) {
    let ticket = reserved(limiter, attempt(email, address), now).await;
    settle(limiter, &ticket, Settlement::Failed, now).await;
}

/// Reserves an attempt from an address and settles it as succeeded, at `now`.
pub(super) async fn logged_in(limiter: &Limiter, email: LimitKey, address: LimitKey, now: OffsetDateTime) {
    let ticket = reserved(limiter, attempt(email, address), now).await;
    settle(limiter, &ticket, Settlement::Succeeded, now).await;
}

/// Makes `count` failed attempts at `START`.
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

/// Returns the number of attempts that can be reserved on this email at `START`, each from a new address.
pub(super) async fn free_on_email(limiter: &Limiter, email: LimitKey) -> u32 {
    free_places(limiter, || attempt(email, address())).await
}

/// Returns the number of attempts that can be reserved from this address at `START`, each on a new email.
pub(super) async fn free_from_address(limiter: &Limiter, address: LimitKey) -> u32 {
    free_places(limiter, || attempt(email(), address)).await
}

/// Reserves attempts until none is free, then abandons them all.
async fn free_places(limiter: &Limiter, attempt: impl Fn() -> LoginAttempt) -> u32 {
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

/// Asserts that the attempt was rejected because of this limit on this key.
pub(super) fn assert_rejected_by(
    (full, full_key): (LoginLimit, LimitKey),
    reservation: Reservation,
) -> Duration {
    let is_full = |limit, key| (limit, key) == (full, full_key);
    assert!(
        matches!(reservation, Reservation::Rejected { limit, key, .. } if is_full(limit, key)),
        "{reservation:?}"
    );
    assert_rejected(reservation)
}

/// Asserts that the attempt was rejected; returns the time until the next one is possible.
pub(super) fn assert_rejected(reservation: Reservation) -> Duration {
    match reservation {
        Reservation::Rejected { retry_after, .. } => retry_after,
        other => panic!("expected a rejection, got {other:?}"),
    }
}
