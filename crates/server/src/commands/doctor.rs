//! `doctor`

mod passwords;
mod report;

use std::time::Duration;

use auth_domain::ports::{Check, PortError};

use super::output::confirm;
use super::setting_checks;
use crate::command_error::CommandError;
use crate::compose::{Purpose, compose};
use crate::config::Settings;
use crate::dependency::Depth;
use crate::diagnostics;
use crate::error_chain::error_chain;
use crate::traces::Traces;
use report::Counts;

/// The timeout of the checks of a store, every row included.
const TIMEOUT: Duration = Duration::from_secs(25);

/// Prints every check of the settings and the configured stores. Any error makes the command fail.
///
/// The exit code does not depend on whether the report can be printed.
pub(super) async fn run(settings: &Settings, json: bool) -> Result<(), CommandError> {
    let mut report = Report { counts: Counts::default(), json };
    let mut checks = setting_checks::checks(settings);
    checks.extend(of_traces());
    report.print("settings", &checks)?;
    match compose(settings, Purpose::Diagnose) {
        Ok(parts) => {
            let checked = diagnostics::check(&parts.dependencies, &*parts.clock, Depth::Rows, TIMEOUT).await;
            for (dependency, checks) in checked {
                let checks = checks.unwrap_or_else(|outage| vec![unreachable(&outage)]);
                report.print(dependency.name(), &checks)?;
            }
            report.print("passwords", &passwords::checks(&parts, TIMEOUT).await)?;
        }
        Err(error) => report.print("stores", &[Check::error(error.to_string())])?,
    }
    if !json {
        confirm(&report.counts.to_string());
    }
    if report.counts.has_errors() {
        return Err(CommandError::Failed("there are errors; fix them, and run `doctor` again".to_owned()));
    }
    Ok(())
}

/// Returns the checks of the variables of traces, which only `serve` uses.
fn of_traces() -> Vec<Check> {
    match Traces::check(std::env::vars_os()) {
        Ok(warnings) => warnings,
        Err(CommandError::Settings(problems)) => problems.into_iter().map(Check::error).collect(),
        Err(CommandError::Arguments(problem) | CommandError::Failed(problem)) => vec![Check::error(problem)],
    }
}

/// The report on standard output.
struct Report {
    counts: Counts,
    json: bool,
}

impl Report {
    fn print(&mut self, part: &str, checks: &[Check]) -> Result<(), CommandError> {
        if self.json {
            self.counts.json_lines(part, checks)?.iter().for_each(|line| confirm(line));
        } else {
            confirm(&self.counts.section(part, checks));
        }
        Ok(())
    }
}

fn unreachable(outage: &PortError) -> Check {
    Check::error(format!(
        "it is unreachable: {}; check that it runs and that this machine can connect to it",
        error_chain(outage)
    ))
}
