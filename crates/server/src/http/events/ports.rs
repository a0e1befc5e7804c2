//! Events of errors of ports.

use auth_domain::model::Event;
use auth_domain::ports::{PortError, PortErrorKind, UnreadableUser};
use tracing::{error, warn};

use crate::error_chain::error_chain;
use crate::or_dash::OrDash;

/// Logs why an operation could not be completed.
pub(super) fn port_error(operation: &'static str, cause: &PortError) {
    if let Some(row) = cause.unreadable_user() {
        return unreadable_row(operation, &row);
    }
    let (kind, reason) = (cause.kind(), error_chain(cause));
    match kind {
        PortErrorKind::Unavailable | PortErrorKind::Unanswered | PortErrorKind::Overloaded => {
            warn!(event = Event::Unavailable.name(), operation, %kind, reason, "a dependency cannot answer");
        }
        PortErrorKind::Corrupt | PortErrorKind::Misconfigured => {
            error!(event = Event::Defect.name(), operation, %kind, reason, "a dependency or a record is broken");
        }
    }
}

/// Logs which row an administrator has to repair, without the email.
pub(super) fn unreadable_row(operation: &str, row: &UnreadableUser) {
    let (user_id, column) = (OrDash(row.user_id), row.column);
    error!(event = Event::UnreadableRow.name(), operation, %user_id, column, reason = %row, "the row of a user cannot be read");
}
