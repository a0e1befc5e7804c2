//! Single-flight check of the dependencies: concurrent callers share one check and its outcome.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth_domain::model::RequestTime;
use auth_domain::ports::{Clock, PortError, start_request};
use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::sync::watch::{self, Receiver};
use tokio::time::{sleep, timeout_at};

use crate::dependency::{Dependencies, Dependency};
use crate::error_chain::error_chain;

/// The timeout of a check.
const CHECK_TIMEOUT: Duration = Duration::from_millis(1_500);
/// How long an outcome is reused. With [`CHECK_TIMEOUT`], an outage is reported within two seconds.
const REUSE: Duration = Duration::from_millis(500);

/// The error of each dependency that is down, in the order of the dependencies.
pub(super) type Outcome = Arc<[Option<String>]>;

/// The latest check. Any client can cause a check, so the number of checks must not depend on the number of requests.
pub(super) struct SharedCheck {
    dependencies: Dependencies,
    runtime: Handle,
    latest: Mutex<Option<Receiver<Option<Outcome>>>>,
}

impl SharedCheck {
    /// Checks the dependencies in tasks of `runtime`.
    pub(super) fn new(dependencies: Dependencies, runtime: Handle) -> Self {
        Self { dependencies, runtime, latest: Mutex::default() }
    }

    /// Returns the outcome of the current check, or of a new one.
    pub(super) async fn outcome(&self, clock: &dyn Clock) -> Outcome {
        let mut check = self.current(clock);
        let outcome = check.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        outcome.unwrap_or_else(|| {
            self.dependencies.iter().map(|_| Some("the check failed".to_owned())).collect()
        })
    }

    fn current(&self, clock: &dyn Clock) -> Receiver<Option<Outcome>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        // The sender is dropped when the outcome is too old.
        if let Some(check) = latest.as_ref().filter(|check| check.has_changed().is_ok()) {
            return check.clone();
        }
        let (sender, check) = watch::channel(None);
        let (dependencies, request_time) = (self.dependencies.clone(), start_request(clock, CHECK_TIMEOUT));
        // In its own task, so that a client that disconnects does not cancel the check for the others.
        self.runtime.spawn(async move {
            let errors =
                join_all(dependencies.iter().map(|dependency| error(&**dependency, request_time))).await;
            sender.send_replace(Some(errors.into()));
            sleep(REUSE).await;
        });
        latest.insert(check).clone()
    }
}

/// Checks one dependency, and returns its error.
async fn error(dependency: &dyn Dependency, request_time: RequestTime) -> Option<String> {
    let answer = timeout_at(request_time.deadline().into(), dependency.ping(request_time)).await;
    let answer = answer.unwrap_or_else(|_| Err(PortError::unavailable("no answer in time")));
    answer.err().map(|error| error_chain(&error))
}
