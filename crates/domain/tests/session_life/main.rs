//! A model check of a session's life: every order of the steps of concurrent requests, with faults between them.
//!
//! The explorer visits every state that a few requests can reach, breadth first. Each step calls the rules of the domain
//! (`session_rules`) on the stored records, as a use case and a store do. After every step the [`invariants`] are checked. The
//! shortest sequence of actions that breaks one is printed. `docs/adr/0044` says why the explorer is here.
//!
//! Not explored: the limits of refreshes, full sessions, the limit on sessions, moves to another tenant, and clocks that differ. The
//! generated sequences of `auth-testkit` cover them, on the rules and on every store.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and prints what it has explored"
)]

mod action;
mod allowed;
mod calls;
mod explorer;
mod fault;
mod history;
mod invariants;
mod rejections;
mod request;
mod response;
mod rotation;
mod rules;
mod scenario;
mod seeded_faults;
mod service;
mod store;
mod world;

use allowed::AllowedLogout::{
    self, AlreadyUsed, Deactivated, Idle, LoggedOut, LostByAFailover, Overtaken, RepeatedLate, Stolen,
};
use explorer::{Explored, explore};
use scenario::Scenario;

/// Explores a scenario with the real rules, a larger one in a soak.
///
/// # Panics
/// If an invariant is broken, if fewer than `states` states are reached, or if other exceptions than `allowed` are used. A larger
/// scenario may use more of them.
fn holds(scenario: &Scenario, states: usize, allowed: &[AllowedLogout]) {
    let name = scenario.name;
    let explored = explore(&scenario.of_this_run(), None);
    println!("{name}: {explored}");
    let Explored { states: reached, violation, allowed: mut used, .. } = explored;
    assert!(violation.is_none(), "{name}: {}", violation.unwrap());
    assert!(reached >= states, "{name}: only {reached} states were explored");
    if scenario::is_soak() {
        used.retain(|reason| allowed.contains(reason));
    }
    let expected = allowed.iter().copied().collect();
    assert_eq!(used, expected, "{name}: left: logouts that were explored, right: that are allowed");
}

// S-47
#[test]
fn no_order_of_keyed_retries_breaks_an_invariant() {
    holds(&scenario::KEYED, 5_000, &[Idle, Overtaken]);
}

// S-47
#[test]
fn no_order_of_shared_refreshes_breaks_an_invariant() {
    holds(&scenario::SHARED, 30_000, &[Idle, RepeatedLate, Overtaken]);
}

// S-47
#[test]
fn no_order_of_rejected_refreshes_breaks_an_invariant() {
    holds(&scenario::REJECTED, 20_000, &[Idle, AlreadyUsed, RepeatedLate, Overtaken]);
}

// S-48
#[test]
fn no_order_of_a_theft_breaks_an_invariant() {
    holds(&scenario::THEFT, 30_000, &[Stolen, Idle, RepeatedLate, Overtaken]);
}

// S-48
#[test]
fn no_order_of_a_theft_in_a_cluster_breaks_an_invariant() {
    holds(&scenario::THEFT_IN_A_CLUSTER, 20_000, &[Stolen, Idle, RepeatedLate]);
}

// S-60, S-64
#[test]
fn no_order_of_a_logout_breaks_an_invariant() {
    holds(&scenario::LOGOUT, 50_000, &[LoggedOut]);
}

// S-60, S-64
#[test]
fn no_order_of_a_logout_in_a_cluster_breaks_an_invariant() {
    holds(&scenario::LOGOUT_IN_A_CLUSTER, 50_000, &[LoggedOut]);
}

// S-60, S-64
#[test]
fn no_order_of_a_deactivation_breaks_an_invariant() {
    holds(&scenario::DEACTIVATION, 10_000, &[Deactivated]);
}

#[test]
fn no_order_of_a_failover_breaks_an_invariant() {
    holds(&scenario::FAILOVER, 50_000, &[LoggedOut, Idle, LostByAFailover]);
}

#[test]
fn no_order_of_a_failover_in_a_cluster_breaks_an_invariant() {
    holds(&scenario::FAILOVER_IN_A_CLUSTER, 10_000, &[LoggedOut, LostByAFailover]);
}
