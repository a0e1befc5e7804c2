//! The start-up check.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::Event;
use auth_domain::ports::{Clock, Severity};
use tracing::warn;

use super::check::check;
use super::log::log;
use crate::command_error::CommandError;
use crate::dependency::{Dependencies, Dependency, Depth};
use crate::error_chain::error_chain;

/// The timeout of the start-up check. Dependencies that are unreachable until then are checked when they are back.
pub(super) const TIMEOUT: Duration = Duration::from_secs(3);

/// Checks the dependencies before the server starts, and returns those that are unreachable: an outage does not prevent the
/// start.
///
/// # Errors
/// Every error that an administrator must fix, from all dependencies.
pub(crate) async fn check_at_start(
    dependencies: &[Arc<dyn Dependency>],
    clock: &dyn Clock,
) -> Result<Dependencies, CommandError> {
    let (mut unreachable, mut errors) = (Vec::new(), Vec::new());
    for (dependency, checks) in check(dependencies, clock, Depth::Setup, TIMEOUT).await {
        let name = dependency.name();
        match checks {
            Ok(checks) => {
                log(name, &checks);
                let found = checks.into_iter().filter(|check| check.severity == Severity::Error);
                errors.extend(found.map(|error| format!("  - {name}: {}", error.text)));
            }
            Err(outage) => {
                let reason = error_chain(&outage);
                warn!(
                    event = Event::Diagnostics.name(),
                    name, reason, "the dependency is unreachable; it is checked when it is back"
                );
                unreachable.push(dependency);
            }
        }
    }
    if errors.is_empty() {
        return Ok(unreachable);
    }
    Err(CommandError::Failed(format!(
        "cannot start until these problems are fixed (run `doctor` for the full report; `migrate` creates the tables of \
         an empty database):\n{}",
        errors.join("\n")
    )))
}
