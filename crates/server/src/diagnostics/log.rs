//! Log lines about checks.

use auth_domain::model::Event;
use auth_domain::ports::{Check, Severity};
use tracing::{error, warn};

/// Logs the warnings and errors about `name`.
pub(crate) fn log(name: &str, checks: &[Check]) {
    for Check { severity, text, .. } in checks {
        match severity {
            Severity::Ok => {}
            Severity::Warning => warn!(event = Event::Diagnostics.name(), name, "{text}"),
            Severity::Error => error!(event = Event::Diagnostics.name(), name, "{text}"),
        }
    }
}
