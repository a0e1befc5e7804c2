//! The task that keeps the view of the primaries up to date.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_domain::ports::Clock;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The pause before a round that was asked for.
const MIN_PAUSE: Duration = Duration::from_millis(50);

/// The task, which runs on the runtime of the process or of the first caller. It is started again if its runtime has ended.
#[derive(Default)]
pub(super) struct Watcher {
    task: Mutex<Option<JoinHandle<()>>>,
    wanted: Arc<Notify>,
}

/// One round; `None` if the store is not in use any more.
type Round = Box<dyn Fn() -> Option<BoxFuture<'static, ()>> + Send>;

impl Watcher {
    /// Starts the task if it does not run.
    pub(super) fn ensure_running(
        &self,
        runtime: Option<&Handle>,
        clock: &Arc<dyn Clock>,
        interval: Duration,
        round: impl Fn() -> Option<BoxFuture<'static, ()>> + Send + 'static,
    ) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let watch = watch(Box::new(round), interval, Arc::clone(clock), Arc::clone(&self.wanted));
        *task = Some(match runtime {
            Some(runtime) => runtime.spawn(watch),
            None => tokio::spawn(watch),
        });
    }

    /// Asks for a round now.
    pub(super) fn notify(&self) {
        self.wanted.notify_one();
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

async fn watch(round: Round, interval: Duration, clock: Arc<dyn Clock>, wanted: Arc<Notify>) {
    loop {
        let started = clock.instant();
        let Some(round) = round() else { return };
        round.await;
        clock.sleep_until((started + interval).min(clock.instant() + MIN_PAUSE)).await;
        tokio::select! {
            () = wanted.notified() => {}
            () = clock.sleep_until(started + interval) => {}
        }
    }
}
