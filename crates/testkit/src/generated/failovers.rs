//! Comparison of a session store with the rules over a failover that forgets the last writes.

use async_trait::async_trait;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use time::Duration;

use super::comparison::Comparison;
use super::session_calls::session_calls;
use super::sessions::SessionSubject;

/// The longest time between two calls: no record reaches its lifetime by the clock of the store while the failover takes its time.
const MAX_STEP: Duration = Duration::seconds(20);

/// Servers whose replicas can be without the last writes when they take over.
#[async_trait]
pub trait Failover: Send + Sync {
    /// Waits until the replicas have every write, and stops their replication.
    async fn stop_replication(&self);

    /// Replaces the primaries by their replicas, and waits until the store uses these.
    async fn fail_over(&self);
}

/// Runs generated sequences on the rules and on a store, which loses the writes of the second third of each sequence, or some of
/// them. The record of each session must be one that it had since the first third, with the denylist entries of that time. From it
/// on, the rules must hold as before.
///
/// # Panics
/// If an outcome, a record or the denylist differs, or if no session went back.
pub async fn compare_sessions_over_a_failover(
    sequences: usize,
    subject: &dyn SessionSubject,
    servers: &dyn Failover,
) {
    let mut runner = TestRunner::default();
    let calls: Vec<_> = (0..sequences)
        .map(|_| {
            let mut calls = session_calls().new_tree(&mut runner).unwrap().current();
            for call in &mut calls {
                call.after = call.after.clamp(Duration::ZERO, MAX_STEP);
            }
            calls
        })
        .collect();
    let mut comparisons: Vec<_> = calls.iter().map(|_| Comparison::new(subject)).collect();
    let mut went_back = 0;
    for third in 0..3 {
        for (calls, comparison) in calls.iter().zip(&mut comparisons) {
            if third == 2 {
                went_back += comparison.go_back().await.unwrap_or_else(|error| panic!("{error}"));
            }
            for call in &calls[third * calls.len() / 3..(third + 1) * calls.len() / 3] {
                comparison.step(call).await.unwrap_or_else(|error| panic!("{error}\nof {calls:#?}"));
            }
            comparison.compare_denylist().await.unwrap_or_else(|error| panic!("{error}\nof {calls:#?}"));
            if third == 0 {
                comparison.all_is_replicated();
            }
        }
        match third {
            0 => servers.stop_replication().await,
            1 => servers.fail_over().await,
            _ => {}
        }
    }
    assert!(went_back > 0, "the failover forgot nothing, so this shows nothing");
}
