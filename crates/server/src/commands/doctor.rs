//! `doctor`

mod passwords;
mod report;
mod settings;

use std::time::Duration;

use auth_domain::ports::{Check, PortError};

use super::output::confirm;
use crate::command_error::CommandError;
use crate::compose::{Purpose, compose};
use crate::config::Settings;
use crate::dependency::Depth;
use crate::diagnostics;
use crate::error_chain::error_chain;
use report::Counts;

/// The timeout of the checks of a store, every row included.
const TIMEOUT: Duration = Duration::from_secs(25);

/// Prints every check of the settings and the configured stores. Any error makes the command fail.
///
/// The exit code does not depend on whether the report can be printed.
pub(super) async fn run(settings: &Settings) -> Result<(), CommandError> {
    let mut counts = Counts::default();
    confirm(&counts.section("settings", &settings::checks(settings)));
    match compose(settings, Purpose::Diagnose) {
        Ok(parts) => {
            let checked = diagnostics::check(&parts.dependencies, &*parts.clock, Depth::Rows, TIMEOUT).await;
            for (dependency, checks) in checked {
                let checks = checks.unwrap_or_else(|outage| vec![unreachable(&outage)]);
                confirm(&counts.section(dependency.name(), &checks));
            }
            confirm(&counts.section("passwords", &passwords::checks(&parts, TIMEOUT).await));
        }
        Err(error) => confirm(&counts.section("stores", &[Check::error(error.to_string())])),
    }
    confirm(&counts.to_string());
    if counts.has_errors() {
        return Err(CommandError::Failed("there are errors; fix them, and run `doctor` again".to_owned()));
    }
    Ok(())
}

fn unreachable(outage: &PortError) -> Check {
    Check::error(format!(
        "it is unreachable: {}; check that it runs and that this machine can connect to it",
        error_chain(outage)
    ))
}
