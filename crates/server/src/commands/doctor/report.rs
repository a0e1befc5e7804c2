//! The report of `doctor`: one section per part, one line per check.

use std::fmt;

use auth_domain::ports::{Check, Severity};
use serde::Serialize;

use crate::command_error::CommandError;
use crate::commands::output::json_line;
use crate::printable::printable_lines;
use crate::styles::{HEADING, of_severity, styled};

/// A check on a line of JSON.
#[derive(Serialize)]
struct CheckLine<'a> {
    dependency: &'a str,
    severity: &'static str,
    text: &'a str,
    remedy: Option<&'a str>,
}

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
        let mut lines = vec![styled(part, HEADING)];
        for Check { severity, text, .. } in checks {
            self.count(*severity);
            let severity = styled(&format!("{severity:7}"), of_severity(*severity));
            lines.push(format!("  {severity}  {}", printable_lines(text)));
        }
        lines.join("\n")
    }

    /// Counts the checks of a part, and returns one line of JSON for each.
    pub(super) fn json_lines(&mut self, part: &str, checks: &[Check]) -> Result<Vec<String>, CommandError> {
        let lines = checks.iter().map(|check| {
            self.count(check.severity);
            let (text, remedy) = check.problem_and_remedy();
            json_line(&CheckLine { dependency: part, severity: name(check.severity), text, remedy })
        });
        lines.collect()
    }

    const fn count(&mut self, severity: Severity) {
        *match severity {
            Severity::Ok => &mut self.ok,
            Severity::Warning => &mut self.warnings,
            Severity::Error => &mut self.errors,
        } += 1;
    }

    pub(super) const fn has_errors(&self) -> bool {
        self.errors > 0
    }
}

const fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "ok",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ok: {}, warnings: {}, errors: {}", self.ok, self.warnings, self.errors)
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn checks_are_listed_and_counted_by_severity() {
        let mut counts = Counts::default();
        let checks = [Check::ok("it answers"), Check::warning("it forgets"), Check::error("it is away")];
        let section = counts.section("redis", &checks);
        assert_eq!(
            strip_str(&section).to_string(),
            "redis\n  ok       it answers\n  warning  it forgets\n  ERROR    it is away"
        );
        assert_eq!(counts, Counts { ok: 1, warnings: 1, errors: 1 });
        assert!(counts.has_errors());
        assert_eq!(counts.to_string(), "ok: 1, warnings: 1, errors: 1");
    }

    #[test]
    fn a_line_of_json_separates_the_problem_from_the_remedy() {
        let mut counts = Counts::default();
        let checks = [Check::ok("it answers; always"), Check::error("it is a replica; name the primary")];
        let lines = counts.json_lines("redis", &checks).unwrap();
        let expected = [
            r#"{"dependency":"redis","severity":"ok","text":"it answers; always","remedy":null}"#,
            r#"{"dependency":"redis","severity":"error","text":"it is a replica","remedy":"name the primary"}"#,
        ];
        assert_eq!(lines, expected);
        assert_eq!(counts, Counts { ok: 1, warnings: 0, errors: 1 });
    }
}
