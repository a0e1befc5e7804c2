//! Running cases, and racing calls on real threads.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::Barrier;

/// How many calls take part in a race.
pub const RACERS: usize = 16;
/// How often a race is repeated.
pub const ROUNDS: usize = 8;

const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a case on four threads, and fails it when it takes more than a minute.
///
/// One thread would let a store pass a race that it loses in production.
pub fn run<C: Future>(case: C) -> C::Output {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, case).await.expect("the case did not finish within a minute")
    })
}

/// Lets all calls begin at one moment, each in a task of its own, and returns what they returned, in order.
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
