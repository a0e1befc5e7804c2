//! `doctor`

mod passwords;
mod settings;

use std::time::Duration;

use auth_domain::ports::{Finding, PortError, Verdict};

use super::confirm;
use crate::backend::Depth;
use crate::compose::{Purpose, compose};
use crate::config::Settings;
use crate::examination::examine;
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
    confirm(&counts.part("settings", &settings::examine(settings)));
    match compose(settings, Purpose::Examine) {
        Ok(parts) => {
            for (backend, findings) in examine(&parts.backends, &*parts.clock, Depth::Rows, PATIENCE).await {
                let findings = findings.unwrap_or_else(|outage| vec![out_of_reach(&outage)]);
                confirm(&counts.part(backend.name(), &findings));
            }
            confirm(&counts.part("passwords", &passwords::examine(&parts).await));
        }
        Err(failure) => confirm(&counts.part("stores", &[Finding::fault(failure.to_string())])),
    }
    confirm(&format!("ok: {}, warnings: {}, faults: {}", counts.good, counts.warnings, counts.faults));
    match counts.faults {
        0 => Ok(()),
        _ => Err(Failure::Command("there are faults; mend them, and run doctor again".to_owned())),
    }
}

fn out_of_reach(outage: &PortError) -> Finding {
    Finding::fault(format!("it cannot be examined: {}; see that it runs and can be reached", chain(outage)))
}

impl Counts {
    /// Counts the findings on a part, and writes them one a line.
    fn part(&mut self, part: &str, findings: &[Finding]) -> String {
        let mut lines = vec![part.to_owned()];
        for Finding { verdict, text } in findings {
            *match verdict {
                Verdict::Good => &mut self.good,
                Verdict::Warning => &mut self.warnings,
                Verdict::Fault => &mut self.faults,
            } += 1;
            lines.push(format!("  {verdict:7}  {text}"));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_and_stand_below_each_other() {
        let mut counts = Counts::default();
        let findings = [
            Finding::good("it answers"),
            Finding::warning("it forgets"),
            out_of_reach(&PortError::unavailable("gone")),
        ];
        let text = counts.part("redis", &findings);
        assert_eq!(
            text,
            "redis\n  ok       it answers\n  warning  it forgets\n  FAULT    it cannot be examined: unavailable: gone; \
             see that it runs and can be reached"
        );
        assert_eq!(counts, Counts { good: 1, warnings: 1, faults: 1 });
    }
}
