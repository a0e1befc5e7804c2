//! The styles of text on a terminal.

use anstyle::{AnsiColor, Style};
use auth_domain::ports::Severity;

/// Names of columns and sections.
pub(crate) const HEADING: Style = Style::new().bold();
/// A good state.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// A state that needs attention.
pub(crate) const ATTENTION: Style = AnsiColor::Yellow.on_default();
/// An error.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Text of less interest.
pub(crate) const QUIET: Style = Style::new().dimmed();

/// Returns the style of a severity.
pub(crate) const fn of_severity(severity: Severity) -> Style {
    match severity {
        Severity::Ok => GOOD,
        Severity::Warning => ATTENTION,
        Severity::Error => BAD,
    }
}

/// Returns text with a style.
pub(crate) fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}
