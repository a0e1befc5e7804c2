//! The start-up check.

use std::sync::Arc;

use auth_domain::model::Event;
use auth_domain::ports::{Clock, Severity};
use tracing::warn;

use super::check::check;
use super::log::log;
use super::repeated::{RepeatedChecks, TIMEOUT};
use crate::command_error::CommandError;
use crate::dependency::{Dependency, Depth};
use crate::error_chain::error_chain;

/// Checks the dependencies before the server starts, and returns the checks to repeat. An outage, of a dependency or of one of its servers,
/// does not prevent the start.
///
/// # Errors
/// Every error that an administrator must fix, from all dependencies.
pub(crate) async fn check_at_start(
    dependencies: &[Arc<dyn Dependency>],
    clock: &dyn Clock,
) -> Result<RepeatedChecks, CommandError> {
    let checked = check(dependencies, clock, Depth::Setup, TIMEOUT).await;
    let mut errors = Vec::new();
    for (dependency, checks) in &checked {
        let name = dependency.name();
        match checks {
            Ok(checks) => {
                log(name, checks);
                let found =
                    checks.iter().filter(|check| check.severity == Severity::Error && !check.is_outage);
                errors.extend(found.map(|error| format!("  - {name}: {}", error.text)));
            }
            Err(outage) => {
                let reason = error_chain(outage);
                warn!(
                    event = Event::Diagnostics.name(),
                    name, reason, "the dependency is unreachable; it is checked when it is back"
                );
            }
        }
    }
    if errors.is_empty() {
        return Ok(RepeatedChecks::after(checked, clock.instant()));
    }
    Err(CommandError::Failed(format!(
        "cannot start until these problems are fixed (run `doctor` for the full report; `migrate` creates the tables of \
         an empty database):\n{}",
        errors.join("\n")
    )))
}
