//! The readiness of the service: the state of its dependencies.

mod shared_check;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use auth_domain::ports::Clock;
use serde::Serialize;
use tokio::runtime::Handle;
use utoipa::ToSchema;

use crate::audit::{self, Actor, Details, Occurrence, SecurityEvent, Source};
use crate::dependency::{Dependencies, Dependency};
use shared_check::SharedCheck;

/// The dependencies, and whether the process is stopping.
pub(crate) struct Readiness {
    dependencies: Vec<Watched>,
    check: SharedCheck,
    draining: AtomicBool,
}

struct Watched {
    dependency: Arc<dyn Dependency>,
    was_up: AtomicBool,
    /// Whether it is reachable again, and has not had the start-up check since then.
    has_returned: AtomicBool,
}

/// The response of `/health/ready`.
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
    /// Returns the report without the names of the dependencies.
    pub(crate) fn without_details(self) -> Self {
        Self { dependencies: None, ..self }
    }
}

impl Readiness {
    /// Watches the dependencies. They are checked in tasks of `runtime`.
    pub(crate) fn new(dependencies: Dependencies, runtime: Handle) -> Self {
        let dependency = |dependency: &Arc<dyn Dependency>| Watched {
            dependency: dependency.clone(),
            was_up: AtomicBool::new(true),
            has_returned: AtomicBool::new(false),
        };
        Self {
            dependencies: dependencies.iter().map(dependency).collect(),
            check: SharedCheck::new(dependencies, runtime),
            draining: AtomicBool::new(false),
        }
    }

    /// Returns the state of each dependency at the last check of [`Self::watch`].
    pub(crate) fn last_seen(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let seen = |dependency: &Watched| dependency.was_up.load(Ordering::Relaxed);
        self.dependencies.iter().map(move |dependency| (dependency.dependency.name(), seen(dependency)))
    }

    /// Returns each dependency that became reachable again since the last call: another server may be at its address now.
    pub(crate) fn take_returned(&self) -> Dependencies {
        let returned = |dependency: &&Watched| dependency.has_returned.swap(false, Ordering::Relaxed);
        self.dependencies.iter().filter(returned).map(|dependency| dependency.dependency.clone()).collect()
    }

    /// Makes every later report fail, so that load balancers send no more requests.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Checks the dependencies, and logs those whose state changed since the last call.
    pub(crate) async fn watch(&self, clock: &dyn Clock) {
        let outcome = self.check.outcome(clock).await;
        for (dependency, error) in self.dependencies.iter().zip(outcome.iter()) {
            dependency.note(error.as_deref());
        }
    }

    /// Returns the report, which may be half a second old. Nothing is logged, because any client can request a report.
    pub(crate) async fn report(&self, clock: &dyn Clock) -> Report {
        let outcome = self.check.outcome(clock).await;
        let draining = self.draining.load(Ordering::Relaxed);
        let ready = !draining && outcome.iter().all(Option::is_none);
        let status = match (draining, ready) {
            (true, _) => "draining",
            (false, true) => "ready",
            (false, false) => "unavailable",
        };
        let names = self.dependencies.iter().map(|dependency| dependency.dependency.name());
        let words = outcome.iter().map(|error| if error.is_none() { "up" } else { "down" });
        Report { ready, status, dependencies: Some(names.zip(words).collect()) }
    }
}

impl Watched {
    /// Records the state, and logs a change.
    fn note(&self, error: Option<&str>) {
        let name = self.dependency.name();
        match (self.was_up.swap(error.is_none(), Ordering::Relaxed), error) {
            (true, Some(reason)) => {
                let event = event(SecurityEvent::DependencyDown, name);
                audit::publish(&Source::Service, &event.reason(&reason));
            }
            (false, None) => {
                self.has_returned.store(true, Ordering::Relaxed);
                audit::publish(&Source::Service, &event(SecurityEvent::DependencyUp, name));
            }
            (true, None) | (false, Some(_)) => {}
        }
    }
}

fn event(kind: SecurityEvent, name: &str) -> Occurrence<'_> {
    Occurrence::new(kind, Actor::Service).details(Details { name: Some(name), ..Details::default() })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use futures_util::future::join_all;
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::dependency::fake::{FakeDependency, sound, unreachable};
    use crate::system::SystemClock;

    fn readiness(dependency: FakeDependency) -> Readiness {
        Readiness::new(vec![Arc::new(dependency)], Handle::current())
    }

    async fn json(readiness: &Readiness) -> String {
        serde_json::to_string(&readiness.report(&SystemClock).await).unwrap()
    }

    // S-81
    #[tokio::test]
    async fn the_report_names_each_dependency() {
        assert_eq!(json(&readiness(sound())).await, r#"{"status":"ready","dependencies":{"store":"up"}}"#);
        assert_eq!(
            json(&readiness(unreachable())).await,
            r#"{"status":"unavailable","dependencies":{"store":"down"}}"#
        );
    }

    // S-76
    #[tokio::test]
    async fn a_report_without_details_names_no_dependency() {
        let report = readiness(unreachable()).report(&SystemClock).await.without_details();
        assert_eq!(serde_json::to_string(&report).unwrap(), r#"{"status":"unavailable"}"#);
    }

    #[tokio::test]
    async fn only_the_watch_changes_the_last_state() {
        let readiness = readiness(unreachable());
        assert!(readiness.last_seen().eq([("store", true)]));
        readiness.report(&SystemClock).await;
        assert!(readiness.last_seen().eq([("store", true)]), "a request changed it");
        readiness.watch(&SystemClock).await;
        assert!(readiness.last_seen().eq([("store", false)]));
    }

    #[tokio::test]
    async fn a_draining_process_is_not_ready() {
        let readiness = readiness(sound());
        readiness.drain();
        assert!(!readiness.report(&SystemClock).await.ready);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dependency_that_hangs_is_down() {
        let hanging = readiness(FakeDependency { hangs: true, ..sound() });
        assert!(!hanging.report(&SystemClock).await.ready);
    }

    /// A dependency that counts its pings in `pings`.
    fn counted(pings: &Arc<AtomicUsize>, hangs: bool) -> FakeDependency {
        let counter = pings.clone();
        let ping = move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        FakeDependency { ping: Box::new(ping), hangs, ..sound() }
    }

    // S-81
    #[tokio::test(start_paused = true)]
    async fn a_flood_of_requests_shares_two_checks_a_second() {
        let pings = Arc::default();
        let readiness = readiness(counted(&pings, false));
        for _ in 0..10 {
            let reports = join_all((0..1_000).map(|_| readiness.report(&SystemClock))).await;
            assert!(reports.iter().all(|report| report.ready));
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(pings.load(Ordering::Relaxed), 2);
    }

    // S-81
    #[tokio::test(start_paused = true)]
    async fn a_caller_that_leaves_does_not_extend_the_check_of_the_others() {
        let readiness = readiness(FakeDependency { hangs: true, ..sound() });
        for _ in 0..10 {
            assert!(timeout(Duration::from_millis(140), readiness.report(&SystemClock)).await.is_err());
        }
        let report = timeout(Duration::from_millis(110), readiness.report(&SystemClock)).await;
        assert!(!report.expect("a new check began").ready);
    }
}
