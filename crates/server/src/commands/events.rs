//! The security events of administrative commands: one event per change (S-85).

use auth_domain::model::{ClientAddress, LimitKey, SessionId, UserId};
use auth_domain::use_cases::Changed;

use crate::audit::{self, Actor, Details, Occurrence, SecurityEvent, Source, Subject};

/// Publishes a change to a user.
pub(super) fn user_changed(reason: &str, Changed { user_id, sessions_ended }: Changed) {
    let details = Details { sessions_ended: Some(sessions_ended as u64), ..Details::default() };
    publish(&event(SecurityEvent::UserChanged).user(user_id).reason(&reason).details(details));
}

/// Publishes how many users an import created.
pub(super) fn users_imported(imported: u64, already_there: u64, rejected: u64) {
    let (imported, already_there, rejected) = (Some(imported), Some(already_there), Some(rejected));
    let details = Details { imported, already_there, rejected, ..Details::default() };
    publish(&event(SecurityEvent::UsersImported).reason(&"command").details(details));
}

/// Writes to the audit stream that an import created a user. The log has the number of them.
pub(super) fn user_imported(user_id: UserId) {
    audit::record(&Source::Command, &event(SecurityEvent::UserChanged).user(user_id).reason(&"imported"));
}

/// Publishes that a new signing key was generated.
pub(super) fn signing_key_rotated() {
    publish(&event(SecurityEvent::SigningKeyRotated).reason(&"command"));
}

/// Publishes the end of one session of a user.
pub(super) fn session_ended(user_id: UserId, session_id: SessionId) {
    let details = Details { count: Some(1), ..Details::default() };
    let event = event(SecurityEvent::SessionsEnded).user(user_id).session(session_id);
    publish(&event.reason(&"command").details(details));
}

/// Publishes the end of all sessions of a user.
pub(super) fn sessions_ended(user_id: UserId, count: usize) {
    let details = Details { count: Some(count as u64), ..Details::default() };
    publish(&event(SecurityEvent::SessionsEnded).user(user_id).reason(&"command").details(details));
}

/// Publishes that the failed logins from an address were forgotten.
pub(super) fn address_limit_cleared(address: ClientAddress) {
    let subject = Subject { address: Some(address), ..Subject::default() };
    publish(&Occurrence { subject, ..event(SecurityEvent::LoginLimitCleared).reason(&"command") });
}

/// Publishes that the failed logins of an email were forgotten.
pub(super) fn email_limit_cleared(email: LimitKey) {
    publish(&event(SecurityEvent::LoginLimitCleared).email(email).reason(&"command"));
}

fn event<'a>(event: SecurityEvent) -> Occurrence<'a> {
    Occurrence::new(event, Actor::Administrator)
}

fn publish(occurrence: &Occurrence<'_>) {
    audit::publish(&Source::Command, occurrence);
}
