//! `doctor`

mod passwords;
mod settings;

use std::time::Duration;

use auth_domain::ports::{Check, PortError, Severity};

use super::output::confirm;
use crate::compose::{Purpose, compose};
use crate::config::Settings;
use crate::dependency::Depth;
use crate::diagnostics::diagnose;
use crate::failure::{Failure, chain};

/// How long the stores may be looked at.
const PATIENCE: Duration = Duration::from_secs(25);

/// How many findings there were of each kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    good: usize,
    warnings: usize,
    faults: usize,
}

/// Prints what is as it should be and what is not; a fault is a failure of the command.
///
/// The exit code does not depend on whether the report can be printed.
pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    let mut counts = Counts::default();
    confirm(&counts.part("settings", &settings::diagnose(settings)));
    match compose(settings, Purpose::Diagnose) {
        Ok(parts) => {
            for (dependency, checks) in
                diagnose(&parts.dependencies, &*parts.clock, Depth::Rows, PATIENCE).await
            {
                let checks = checks.unwrap_or_else(|outage| vec![out_of_reach(&outage)]);
                confirm(&counts.part(dependency.name(), &checks));
            }
            confirm(&counts.part("passwords", &passwords::diagnose(&parts).await));
        }
        Err(failure) => confirm(&counts.part("stores", &[Check::error(failure.to_string())])),
    }
    confirm(&format!("ok: {}, warnings: {}, faults: {}", counts.good, counts.warnings, counts.faults));
    match counts.faults {
        0 => Ok(()),
        _ => Err(Failure::Command("there are faults; mend them, and run doctor again".to_owned())),
    }
}

fn out_of_reach(outage: &PortError) -> Check {
    Check::error(format!("it cannot be examined: {}; see that it runs and can be reached", chain(outage)))
}

impl Counts {
    /// Counts the findings on a part, and writes them one a line.
    fn part(&mut self, part: &str, checks: &[Check]) -> String {
        let mut lines = vec![part.to_owned()];
        for Check { severity, text } in checks {
            *match severity {
                Severity::Ok => &mut self.good,
                Severity::Warning => &mut self.warnings,
                Severity::Error => &mut self.faults,
            } += 1;
            lines.push(format!("  {severity:7}  {text}"));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_counted_and_stand_below_each_other() {
        let mut counts = Counts::default();
        let checks = [
            Check::ok("it answers"),
            Check::warning("it forgets"),
            out_of_reach(&PortError::unavailable("gone")),
        ];
        let text = counts.part("redis", &checks);
        assert_eq!(
            text,
            "redis\n  ok       it answers\n  warning  it forgets\n  FAULT    it cannot be diagnosed: unavailable: gone; \
             see that it runs and can be reached"
        );
        assert_eq!(counts, Counts { good: 1, warnings: 1, faults: 1 });
    }
}
