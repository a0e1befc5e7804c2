//! Failed logins on many emails from many addresses.

use std::future::ready;
use std::net::Ipv4Addr;

use auth_domain::model::{ClientAddress, Email, LimitKeys, LoginAttempt, Reservation, Settlement, TicketId};
use auth_domain::ports::{LoginLimiter, random_bytes};
use futures_util::stream::{self, StreamExt};

use crate::{START, TestEntropy, request_time_at};

/// The most attempts in flight.
const CONCURRENT: usize = 64;

/// An attempt on an email from an IPv4 address, both given by number, with a new ticket.
#[must_use]
pub fn numbered_attempt(email: u32, address: u32) -> LoginAttempt {
    let keys = LimitKeys::derive(b"many attempts");
    let email = Email::parse(&format!("user{email}@example.com")).unwrap();
    let address = ClientAddress::new(Ipv4Addr::from_bits(0x0a00_0000 + address).into());
    LoginAttempt {
        ticket: TicketId::from_bytes(*random_bytes(&TestEntropy).unwrap()),
        email: keys.email(&email),
        origin: Some(keys.origin(&email, address, false)),
    }
}

/// Fails once from each of `count` addresses, on as many emails; returns the number of attempts that were reserved. In
/// another round each address fails on another email.
pub async fn fail_from_many_addresses(limiter: &dyn LoginLimiter, count: u32, round: u32) -> usize {
    let attempts = (0..count).map(|address| numbered_attempt((address + 997 * round) % count, address));
    let calls = attempts.map(|attempt| async move {
        let reservation = limiter.reserve(&attempt, request_time_at(START)).await.unwrap();
        let Reservation::Reserved(ticket) = reservation else { return false };
        limiter.settle(&ticket, Settlement::Failed, request_time_at(START)).await.unwrap();
        true
    });
    stream::iter(calls).buffer_unordered(CONCURRENT).filter(|reserved| ready(*reserved)).count().await
}
