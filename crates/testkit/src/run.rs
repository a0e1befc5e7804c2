//! Runs cases, and races calls on real threads.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::Barrier;

/// The number of concurrent calls in a race.
pub const RACERS: usize = 16;
/// The number of times that a race is repeated.
pub const ROUNDS: usize = 8;

const CASE_TIMEOUT: Duration = Duration::from_mins(1);

/// Runs a case on four threads; it fails if it takes longer than a minute.
///
/// On one thread, a store with a race condition could pass.
pub fn run<C: Future>(case: C) -> C::Output {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(CASE_TIMEOUT, case).await.expect("the case did not finish within a minute")
    })
}

/// Starts all calls at the same time, each in its own task; returns their results in order.
pub async fn race<C>(calls: impl IntoIterator<Item = C>) -> Vec<C::Output>
where
    C: Future<Output: Send> + Send + 'static,
{
    let calls: Vec<C> = calls.into_iter().collect();
    let barrier = Arc::new(Barrier::new(calls.len()));
    let mut tasks = Vec::with_capacity(calls.len());
    for call in calls {
        let barrier = Arc::clone(&barrier);
        tasks.push(tokio::spawn(async move {
            barrier.wait().await;
            call.await
        }));
    }
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.expect("no racer panics"));
    }
    results
}
