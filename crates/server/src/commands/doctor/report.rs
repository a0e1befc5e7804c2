//! The report of `doctor`: one section per part, one line per check.

use std::fmt;

use auth_domain::ports::{Check, Severity};

/// The number of checks of each severity.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    ok: usize,
    warnings: usize,
    errors: usize,
}

impl Counts {
    /// Counts the checks of a part, and returns its section of the report.
    pub(super) fn section(&mut self, part: &str, checks: &[Check]) -> String {
        let mut lines = vec![part.to_owned()];
        for Check { severity, text } in checks {
            *match severity {
                Severity::Ok => &mut self.ok,
                Severity::Warning => &mut self.warnings,
                Severity::Error => &mut self.errors,
            } += 1;
            lines.push(format!("  {severity:7}  {text}"));
        }
        lines.join("\n")
    }

    pub(super) const fn has_errors(&self) -> bool {
        self.errors > 0
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ok: {}, warnings: {}, errors: {}", self.ok, self.warnings, self.errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_listed_and_counted_by_severity() {
        let mut counts = Counts::default();
        let checks = [Check::ok("it answers"), Check::warning("it forgets"), Check::error("it is away")];
        let section = counts.section("redis", &checks);
        assert_eq!(section, "redis\n  ok       it answers\n  warning  it forgets\n  ERROR    it is away");
        assert_eq!(counts, Counts { ok: 1, warnings: 1, errors: 1 });
        assert!(counts.has_errors());
        assert_eq!(counts.to_string(), "ok: 1, warnings: 1, errors: 1");
    }
}
