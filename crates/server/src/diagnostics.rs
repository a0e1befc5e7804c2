//! Examining what stands behind the stores: at the start, and for `doctor`.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::Event;
use auth_domain::ports::{Check, Clock, PortError, PortErrorKind, Severity, start_request};
use futures_util::future::join_all;
use tracing::{error, warn};

use crate::dependency::{Dependencies, Dependency, Depth};
use crate::failure::{Failure, chain};

#[cfg(test)]
mod tests;

/// How long the start waits for it; what is away by then is examined when it comes.
const START_PATIENCE: Duration = Duration::from_secs(3);

/// A backend, and what was found; the error is an outage and nothing else.
pub(crate) type Diagnosed = (Arc<dyn Dependency>, Result<Vec<Check>, PortError>);

/// Examines every backend at once.
pub(crate) async fn diagnose(
    dependencies: &[Arc<dyn Dependency>],
    clock: &dyn Clock,
    depth: Depth,
    patience: Duration,
) -> Vec<Diagnosed> {
    let request_time = start_request(clock, patience);
    let each = dependencies.iter().map(|dependency| async move {
        let checks =
            tokio::time::timeout_at(request_time.deadline().into(), dependency.diagnose(depth, request_time))
                .await;
        let checks = checks.unwrap_or_else(|_| Err(PortError::unavailable("no answer in time")));
        (dependency.clone(), checks.or_else(fault_or_outage))
    });
    join_all(each).await
}

/// Examines before serving, and rejects what somebody has to mend before anything can work.
///
/// Returns the backends that are away: an outage is no reason not to start.
pub(crate) async fn at_start(
    dependencies: &[Arc<dyn Dependency>],
    clock: &dyn Clock,
) -> Result<Dependencies, Failure> {
    let (mut away, mut faults) = (Vec::new(), Vec::new());
    for (dependency, checks) in diagnose(dependencies, clock, Depth::Setup, START_PATIENCE).await {
        let name = dependency.name();
        match checks {
            Ok(checks) => {
                log(name, &checks);
                let found = checks.into_iter().filter(|check| check.severity == Severity::Error);
                faults.extend(found.map(|fault| format!("  - {name}: {}", fault.text)));
            }
            Err(outage) => {
                let reason = chain(&outage);
                warn!(
                    event = Event::Diagnostics.name(),
                    name, reason, "the dependency does not answer; it is checked when it does"
                );
                away.push(dependency);
            }
        }
    }
    if faults.is_empty() {
        return Ok(away);
    }
    Err(Failure::Startup(format!(
        "cannot start until these problems are fixed (run `doctor` for the full report; `migrate` creates the tables of \
         an empty database):\n{}",
        faults.join("\n")
    )))
}

/// A dependency that has to be checked, and the findings that were logged last.
pub(crate) struct Unchecked {
    dependency: Arc<dyn Dependency>,
    logged: Vec<Check>,
}

/// Adds dependencies to those that have to be checked, each once.
pub(crate) fn add(unchecked: &mut Vec<Unchecked>, dependencies: Dependencies) {
    for dependency in dependencies {
        if unchecked.iter().all(|other| other.dependency.name() != dependency.name()) {
            unchecked.push(Unchecked { dependency, logged: Vec::new() });
        }
    }
}

/// Checks dependencies, and returns those to check again: they are unreachable, or have errors that an administrator may
/// fix. Checks that have not changed are not logged again.
pub(crate) async fn catch_up(unchecked: Vec<Unchecked>, clock: &dyn Clock) -> Vec<Unchecked> {
    let dependencies: Dependencies = unchecked.iter().map(|one| one.dependency.clone()).collect();
    let checked = diagnose(&dependencies, clock, Depth::Setup, START_PATIENCE).await;
    let mut again = Vec::new();
    for (Unchecked { dependency, logged }, (_, checks)) in unchecked.into_iter().zip(checked) {
        let Ok(checks) = checks else {
            again.push(Unchecked { dependency, logged });
            continue;
        };
        if checks != logged {
            log(dependency.name(), &checks);
        }
        if checks.iter().any(|check| check.severity == Severity::Error) {
            again.push(Unchecked { dependency, logged: checks });
        }
    }
    again
}

/// A server that answers, but will never do what it is asked, is no outage.
fn fault_or_outage(error: PortError) -> Result<Vec<Check>, PortError> {
    match error.kind() {
        PortErrorKind::Unavailable | PortErrorKind::Overloaded => Err(error),
        PortErrorKind::Corrupt | PortErrorKind::Misconfigured => Ok(vec![Check::error(chain(&error))]),
    }
}

/// Logs warnings and faults.
pub(crate) fn log(name: &str, checks: &[Check]) {
    for Check { severity, text } in checks {
        match severity {
            Severity::Ok => {}
            Severity::Warning => warn!(event = Event::Diagnostics.name(), name, "{text}"),
            Severity::Error => error!(event = Event::Diagnostics.name(), name, "{text}"),
        }
    }
}
