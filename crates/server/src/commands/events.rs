//! The log events of administrative commands: one event per change (S-85).
//!
//! A command has no client, so `client` is `-`.

use auth_domain::model::{ClientAddress, Event, LimitKey, SessionId, UserId};
use auth_domain::use_cases::Changed;
use tracing::info;

/// Logs a change to a user.
pub(super) fn user_changed(reason: &str, Changed { user_id, sessions_ended }: Changed) {
    info!(event = Event::UserChanged.name(), client = "-", %user_id, session_id = "-", reason, sessions_ended, "a user was changed");
}

/// Logs how many users an import created.
pub(super) fn users_imported(imported: u64, already_there: u64, rejected: u64) {
    info!(
        event = Event::UsersImported.name(),
        client = "-",
        user_id = "-",
        session_id = "-",
        reason = "command",
        imported,
        already_there,
        rejected,
        "users were imported"
    );
}

/// Logs the end of one session of a user.
pub(super) fn session_ended(user_id: UserId, session_id: SessionId) {
    info!(event = Event::SessionsEnded.name(), client = "-", %user_id, %session_id, reason = "command", count = 1, "a session of a user was ended");
}

/// Logs the end of all sessions of a user.
pub(super) fn sessions_ended(user_id: UserId, count: usize) {
    info!(event = Event::SessionsEnded.name(), client = "-", %user_id, session_id = "-", reason = "command", count, "all sessions of a user were ended");
}

/// Logs that the failed logins from an address were forgotten.
pub(super) fn address_limit_cleared(address: ClientAddress) {
    let address = address.ip();
    info!(event = Event::LoginLimitCleared.name(), client = "-", user_id = "-", session_id = "-", reason = "command", %address, "the login limit of an address was cleared");
}

/// Logs that the failed logins of an email were forgotten.
pub(super) fn email_limit_cleared(email: LimitKey) {
    info!(event = Event::LoginLimitCleared.name(), client = "-", user_id = "-", session_id = "-", reason = "command", email_hash = %email, "the login limit of an email was cleared");
}
