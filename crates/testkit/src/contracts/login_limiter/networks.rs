//! Networks of IPv6 addresses, and exempt addresses.

use auth_domain::model::{LimitKey, LoginAttempt, LoginLimit, Origin, Settlement};

use super::support::{Limiter, address, assert_rejected_by, attempt, email, reserve, reserved, settle};
use crate::{LOGIN_LIMIT, LOGIN_LIMITS, START};

fn in_network(email: LimitKey, address: LimitKey, network: LimitKey) -> LoginAttempt {
    with_origin(email, address, |origin| origin.network = Some(network))
}

fn with_origin(email: LimitKey, address: LimitKey, change: impl FnMut(&mut Origin)) -> LoginAttempt {
    let mut attempt = attempt(email, address);
    attempt.origin.iter_mut().for_each(change);
    attempt
}

async fn attempted(fixture: &Limiter, attempt: LoginAttempt, outcome: Settlement) {
    let ticket = reserved(fixture, attempt, START).await;
    settle(fixture, &ticket, outcome, START).await;
}

// S-20
/// The addresses of a network share a limit. A success removes the failures on its email from it.
pub async fn network_key_rejects_after_its_limit(fixture: &Limiter) {
    let (network, own) = (address(), email());
    attempted(fixture, in_network(own, address(), network), Settlement::Failed).await;
    for _ in 1..LOGIN_LIMITS.bounds.failures_per_network {
        attempted(fixture, in_network(email(), address(), network), Settlement::Failed).await;
    }
    let rejected = reserve(fixture, in_network(email(), address(), network), START).await;
    assert_rejected_by((LoginLimit::Network, network), rejected);
    attempted(fixture, in_network(own, address(), address()), Settlement::Succeeded).await;
    let rejected = reserve(fixture, in_network(own, address(), network), START).await;
    assert_rejected_by((LoginLimit::Network, network), rejected);
}

/// A success removes the failures on its email from its network, and no others.
pub async fn success_clears_its_share_of_the_network(fixture: &Limiter) {
    let (network, own, home) = (address(), email(), address());
    attempted(fixture, in_network(own, home, network), Settlement::Failed).await;
    for _ in 2..LOGIN_LIMITS.bounds.failures_per_network {
        attempted(fixture, in_network(email(), address(), network), Settlement::Failed).await;
    }
    attempted(fixture, in_network(own, home, network), Settlement::Succeeded).await;
    for _ in 0..2 {
        attempted(fixture, in_network(email(), address(), network), Settlement::Failed).await;
    }
    let rejected = reserve(fixture, in_network(email(), address(), network), START).await;
    assert_rejected_by((LoginLimit::Network, network), rejected);
}

// S-91
/// Strangers in the network of an owner cannot lock the owner out of a known address.
pub async fn known_address_does_not_count_by_network(fixture: &Limiter) {
    let (network, own, home) = (address(), email(), address());
    attempted(fixture, in_network(own, home, network), Settlement::Succeeded).await;
    for _ in 1..LOGIN_LIMITS.bounds.failures_per_network {
        attempted(fixture, in_network(email(), address(), network), Settlement::Failed).await;
    }
    attempted(fixture, in_network(own, home, network), Settlement::Failed).await;
    attempted(fixture, in_network(email(), address(), network), Settlement::Failed).await;
    let rejected = reserve(fixture, in_network(email(), address(), network), START).await;
    assert_rejected_by((LoginLimit::Network, network), rejected);
    attempted(fixture, in_network(own, home, network), Settlement::Succeeded).await;
}

/// An exempt address counts neither by address nor by network; its emails count.
pub async fn exempt_address_counts_by_email_only(fixture: &Limiter) {
    let (office, network) = (address(), address());
    let exempt = |email| {
        with_origin(email, office, |origin| {
            origin.network = Some(network);
            origin.is_exempt = true;
        })
    };
    let failures = LOGIN_LIMITS.bounds.failures_per_network;
    for _ in 0..failures {
        attempted(fixture, exempt(email()), Settlement::Failed).await;
    }
    reserved(fixture, in_network(email(), address(), network), START).await;
    let own = email();
    for _ in 0..LOGIN_LIMIT {
        attempted(fixture, exempt(own), Settlement::Failed).await;
    }
    assert_rejected_by((LoginLimit::Email, own), reserve(fixture, exempt(own), START).await);
}
