//! Whether the parts that requests need can answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_domain::model::Timing;
use auth_domain::ports::{Clock, PortError};
use futures_util::future::join_all;
use serde::Serialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use crate::backend::{Backend, Backends};
use crate::failure::chain;

/// A dependency that does not answer for this long is down.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// What requests depend on, and whether the process is on its way out.
#[derive(Default)]
pub(crate) struct Readiness {
    dependencies: Vec<Dependency>,
    draining: AtomicBool,
}

struct Dependency {
    backend: Arc<dyn Backend>,
    was_up: AtomicBool,
    /// Whether it is reachable again and its setup has not been checked since.
    has_returned: AtomicBool,
}

/// The answer of `/health/ready`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Report {
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) ready: bool,
    /// `ready`, `draining` or `unavailable`.
    status: &'static str,
    /// `up` or `down`, by name; absent if `HTTP__READINESS_DETAILS` is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dependencies: Option<BTreeMap<&'static str, &'static str>>,
}

impl Report {
    /// Returns the report without names: only whether requests can be served.
    pub(crate) fn without_details(self) -> Self {
        Self { dependencies: None, ..self }
    }
}

impl Readiness {
    /// Depends on `backends`.
    pub(crate) fn new(backends: &[Arc<dyn Backend>]) -> Self {
        let dependency = |backend: &Arc<dyn Backend>| Dependency {
            backend: backend.clone(),
            was_up: AtomicBool::new(true),
            has_returned: AtomicBool::new(false),
        };
        Self { dependencies: backends.iter().map(dependency).collect(), ..Self::default() }
    }

    /// Tells which dependencies were up when they were last asked.
    pub(crate) fn last_seen(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let seen = |dependency: &Dependency| dependency.was_up.load(Ordering::Relaxed);
        self.dependencies.iter().map(move |dependency| (dependency.backend.name(), seen(dependency)))
    }

    /// Returns each dependency that became reachable again, once: another server may now be at its address.
    pub(crate) fn take_returned(&self) -> Backends {
        let returned = |dependency: &&Dependency| dependency.has_returned.swap(false, Ordering::Relaxed);
        self.dependencies.iter().filter(returned).map(|dependency| dependency.backend.clone()).collect()
    }

    /// Makes every later check fail, so that balancers send no more requests.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Asks every dependency at once.
    pub(crate) async fn check(&self, clock: &dyn Clock) -> Report {
        let timing = Timing::start(clock, PATIENCE);
        let answers = join_all(self.dependencies.iter().map(|dependency| dependency.state(timing))).await;
        let draining = self.draining.load(Ordering::Relaxed);
        let ready = !draining && answers.iter().all(|(_, up)| *up);
        let status = match (draining, ready) {
            (true, _) => "draining",
            (false, true) => "ready",
            (false, false) => "unavailable",
        };
        let word = |up| if up { "up" } else { "down" };
        Report {
            ready,
            status,
            dependencies: Some(answers.into_iter().map(|(name, up)| (name, word(up))).collect()),
        }
    }
}

impl Dependency {
    /// Asks once, within the patience, and logs a change.
    async fn state(&self, timing: Timing) -> (&'static str, bool) {
        let answer = tokio::time::timeout_at(timing.deadline().into(), self.backend.ping(timing)).await;
        let answer = answer.unwrap_or_else(|_| Err(PortError::unavailable("no answer in time")));
        let (name, up) = (self.backend.name(), answer.is_ok());
        match (self.was_up.swap(up, Ordering::Relaxed), answer) {
            (true, Err(cause)) => {
                warn!(event = "dependency_down", name, reason = chain(&cause), "dependency is down");
            }
            (false, Ok(())) => {
                self.has_returned.store(true, Ordering::Relaxed);
                info!(event = "dependency_up", name, "dependency is back");
            }
            (true, Ok(())) | (false, Err(_)) => {}
        }
        (name, up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::fake::{FakeBackend, away, sound};
    use crate::system::SystemClock;

    fn readiness(backend: FakeBackend) -> Readiness {
        Readiness::new(&[Arc::new(backend)])
    }

    async fn json(readiness: &Readiness) -> String {
        serde_json::to_string(&readiness.check(&SystemClock).await).unwrap()
    }

    // S-81
    #[tokio::test]
    async fn the_report_names_each_dependency() {
        assert_eq!(json(&readiness(sound())).await, r#"{"status":"ready","dependencies":{"store":"up"}}"#);
        assert_eq!(
            json(&readiness(away())).await,
            r#"{"status":"unavailable","dependencies":{"store":"down"}}"#
        );
    }

    // S-76
    #[tokio::test]
    async fn the_report_for_everyone_names_no_dependency() {
        let report = readiness(away()).check(&SystemClock).await.without_details();
        assert_eq!(serde_json::to_string(&report).unwrap(), r#"{"status":"unavailable"}"#);
    }

    #[tokio::test]
    async fn the_last_answer_is_remembered() {
        let readiness = readiness(away());
        assert!(readiness.last_seen().eq([("store", true)]));
        readiness.check(&SystemClock).await;
        assert!(readiness.last_seen().eq([("store", false)]));
    }

    #[tokio::test]
    async fn a_draining_process_is_not_ready() {
        let readiness = readiness(sound());
        readiness.drain();
        assert!(!readiness.check(&SystemClock).await.ready);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dependency_that_hangs_is_down() {
        let hanging = readiness(FakeBackend { hangs: true, ..sound() });
        assert!(!hanging.check(&SystemClock).await.ready);
    }
}
