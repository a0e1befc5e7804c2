//! Checks that are repeated while the server runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::{Check, Clock, Severity};

use super::check::{Checked, check};
use super::log::log;
use crate::dependency::{Dependencies, Dependency, Depth};

/// The timeout of the checks. A dependency that is unreachable until then is checked when it is back.
pub(super) const TIMEOUT: Duration = Duration::from_secs(3);

/// The period of the checks: an administrator may change a server while this one runs.
const PERIOD: Duration = Duration::from_mins(1);

/// The dependencies with the results of their last checks. Those that were unreachable, or had an error, are checked each time, the
/// others once in a period.
pub(crate) struct RepeatedChecks {
    each: Vec<Repeated>,
    /// The last time at which all were checked.
    all_checked_at: Instant,
}

struct Repeated {
    dependency: Arc<dyn Dependency>,
    /// The warnings and errors that were logged last.
    logged: Vec<Check>,
    is_due: bool,
}

impl RepeatedChecks {
    /// Continues after the first checks, which were logged.
    pub(super) fn after(checked: Vec<Checked>, now: Instant) -> Self {
        let each = checked.into_iter().map(|(dependency, checks)| match checks {
            Ok(checks) => Repeated { dependency, is_due: has_error(&checks), logged: problems(checks) },
            Err(_) => Repeated { dependency, is_due: true, logged: Vec::new() },
        });
        Self { each: each.collect(), all_checked_at: now }
    }

    /// Makes the checks of these dependencies due.
    pub(crate) fn add(&mut self, dependencies: &Dependencies) {
        for repeated in &mut self.each {
            let name = repeated.dependency.name();
            repeated.is_due |= dependencies.iter().any(|dependency| dependency.name() == name);
        }
    }

    /// Runs the checks that are due. Problems that have not changed are not logged again.
    pub(crate) async fn run(&mut self, clock: &dyn Clock) {
        let now = clock.instant();
        if now.duration_since(self.all_checked_at) >= PERIOD {
            self.all_checked_at = now;
            self.each.iter_mut().for_each(|repeated| repeated.is_due = true);
        }
        let due: Vec<&mut Repeated> = self.each.iter_mut().filter(|repeated| repeated.is_due).collect();
        let dependencies: Dependencies = due.iter().map(|repeated| repeated.dependency.clone()).collect();
        let checked = check(&dependencies, clock, Depth::Setup, TIMEOUT).await;
        for (repeated, (dependency, checks)) in due.into_iter().zip(checked) {
            let Ok(checks) = checks else { continue };
            repeated.is_due = has_error(&checks);
            let problems = problems(checks);
            if problems != repeated.logged {
                log(dependency.name(), &problems);
                repeated.logged = problems;
            }
        }
    }

    /// Returns how many dependencies are checked at the next run.
    #[cfg(test)]
    pub(super) fn due(&self) -> usize {
        self.each.iter().filter(|repeated| repeated.is_due).count()
    }

    /// Returns the texts of the problems that were logged last.
    #[cfg(test)]
    pub(super) fn logged_texts(&self) -> Vec<String> {
        self.each.iter().flat_map(|repeated| &repeated.logged).map(|check| check.text.clone()).collect()
    }
}

fn has_error(checks: &[Check]) -> bool {
    checks.iter().any(|check| check.severity == Severity::Error)
}

/// Returns the warnings and errors. The text of a good result may contain a measured number.
fn problems(mut checks: Vec<Check>) -> Vec<Check> {
    checks.retain(|check| check.severity != Severity::Ok);
    checks
}
