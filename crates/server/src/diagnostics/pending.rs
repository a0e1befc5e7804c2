//! Dependencies whose check is repeated while the server runs.

use std::sync::Arc;

use auth_domain::ports::{Check, Clock, Severity};

use super::check::check;
use super::log::log;
use super::start_up::TIMEOUT;
use crate::dependency::{Dependencies, Dependency, Depth};

/// The dependencies that are unreachable, or that had an error at their last check. An administrator may fix it while the
/// server runs.
#[derive(Default)]
pub(crate) struct PendingChecks(Vec<Pending>);

struct Pending {
    dependency: Arc<dyn Dependency>,
    /// The checks that were logged last.
    logged: Vec<Check>,
}

impl PendingChecks {
    /// Adds dependencies, each once.
    pub(crate) fn add(&mut self, dependencies: Dependencies) {
        for dependency in dependencies {
            if self.0.iter().all(|pending| pending.dependency.name() != dependency.name()) {
                self.0.push(Pending { dependency, logged: Vec::new() });
            }
        }
    }

    /// Checks the dependencies, and keeps those that are unreachable or have an error. Checks that have not changed are not
    /// logged again.
    pub(crate) async fn run(&mut self, clock: &dyn Clock) {
        let dependencies: Dependencies = self.0.iter().map(|pending| pending.dependency.clone()).collect();
        let checked = check(&dependencies, clock, Depth::Setup, TIMEOUT).await;
        let results = std::mem::take(&mut self.0).into_iter().zip(checked);
        for (Pending { dependency, logged }, (_, checks)) in results {
            let Ok(checks) = checks else {
                self.0.push(Pending { dependency, logged });
                continue;
            };
            if checks != logged {
                log(dependency.name(), &checks);
            }
            if checks.iter().any(|check| check.severity == Severity::Error) {
                self.0.push(Pending { dependency, logged: checks });
            }
        }
    }

    /// Returns how many dependencies are checked again.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
