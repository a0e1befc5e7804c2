//! Examining what stands behind the stores: at the start, and for `doctor`.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::Timing;
use auth_domain::ports::{Clock, Finding, PortError, PortErrorKind, Verdict};
use futures_util::future::join_all;
use tracing::{error, warn};

use crate::backend::{Backend, Backends, Depth};
use crate::failure::{Failure, chain};

#[cfg(test)]
mod tests;

/// How long the start waits for it; what is away by then is examined when it comes.
const START_PATIENCE: Duration = Duration::from_secs(3);

/// A backend, and what was found; the error is an outage and nothing else.
pub(crate) type Examined = (Arc<dyn Backend>, Result<Vec<Finding>, PortError>);

/// Examines every backend at once.
pub(crate) async fn examine(
    backends: &[Arc<dyn Backend>],
    clock: &dyn Clock,
    depth: Depth,
    patience: Duration,
) -> Vec<Examined> {
    let timing = Timing::start(clock, patience);
    let each = backends.iter().map(|backend| async move {
        let findings =
            tokio::time::timeout_at(timing.deadline().into(), backend.examine(depth, timing)).await;
        let findings = findings.unwrap_or_else(|_| Err(PortError::unavailable("no answer in time")));
        (backend.clone(), findings.or_else(fault_or_outage))
    });
    join_all(each).await
}

/// Examines before serving, and refuses what somebody has to mend before anything can work.
///
/// Returns the backends that are away: an outage is no reason not to start.
pub(crate) async fn at_start(backends: &[Arc<dyn Backend>], clock: &dyn Clock) -> Result<Backends, Failure> {
    let (mut away, mut faults) = (Vec::new(), Vec::new());
    for (backend, findings) in examine(backends, clock, Depth::Setup, START_PATIENCE).await {
        let name = backend.name();
        match findings {
            Ok(findings) => {
                log(name, &findings);
                let found = findings.into_iter().filter(|finding| finding.verdict == Verdict::Fault);
                faults.extend(found.map(|fault| format!("  - {name}: {}", fault.text)));
            }
            Err(outage) => {
                let reason = chain(&outage);
                warn!(
                    event = "examination",
                    name, reason, "the dependency does not answer; it is checked when it does"
                );
                away.push(backend);
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
    backend: Arc<dyn Backend>,
    logged: Vec<Finding>,
}

/// Adds dependencies to those that have to be checked, each once.
pub(crate) fn add(unchecked: &mut Vec<Unchecked>, backends: Backends) {
    for backend in backends {
        if unchecked.iter().all(|other| other.backend.name() != backend.name()) {
            unchecked.push(Unchecked { backend, logged: Vec::new() });
        }
    }
}

/// Checks dependencies, and returns those to check again: they are unreachable, or have errors that an administrator may
/// fix. Findings that have not changed are not logged again.
pub(crate) async fn catch_up(unchecked: Vec<Unchecked>, clock: &dyn Clock) -> Vec<Unchecked> {
    let backends: Backends = unchecked.iter().map(|one| one.backend.clone()).collect();
    let checked = examine(&backends, clock, Depth::Setup, START_PATIENCE).await;
    let mut again = Vec::new();
    for (Unchecked { backend, logged }, (_, findings)) in unchecked.into_iter().zip(checked) {
        let Ok(findings) = findings else {
            again.push(Unchecked { backend, logged });
            continue;
        };
        if findings != logged {
            log(backend.name(), &findings);
        }
        if findings.iter().any(|finding| finding.verdict == Verdict::Fault) {
            again.push(Unchecked { backend, logged: findings });
        }
    }
    again
}

/// A server that answers, but will never do what it is asked, is no outage.
fn fault_or_outage(error: PortError) -> Result<Vec<Finding>, PortError> {
    match error.kind() {
        PortErrorKind::Unavailable | PortErrorKind::Overloaded => Err(error),
        PortErrorKind::Corrupt | PortErrorKind::Misconfigured => Ok(vec![Finding::fault(chain(&error))]),
    }
}

/// Logs warnings and faults.
pub(crate) fn log(name: &str, findings: &[Finding]) {
    for Finding { verdict, text } in findings {
        match verdict {
            Verdict::Good => {}
            Verdict::Warning => warn!(event = "examination", name, "{text}"),
            Verdict::Fault => error!(event = "examination", name, "{text}"),
        }
    }
}
