//! The log line of a security event.

use auth_domain::model::Event;
use tracing::field::display;
use tracing::{Level, error, info, warn};

use super::occurrence::Occurrence;
use super::source::Source;
use crate::or_dash::OrDash;

/// Logs a security event. A detail that is `None` is no field of the line.
pub(super) fn log(occurrence: &Occurrence<'_>, source: &Source) {
    let Occurrence { event, subject, session_id, reason, details, .. } = occurrence;
    let (client, user_id, session_id) = match source {
        // They are fields of the span.
        Source::Request { .. } => (None, None, None),
        Source::Command => (Some("-"), Some(OrDash(subject.user_id)), Some(OrDash(*session_id))),
        Source::Service => (None, subject.user_id.map(|user_id| OrDash(Some(user_id))), None),
    };
    let (user_id, session_id) = (user_id.map(display), session_id.map(display));
    let email_hash = subject.email_hash.map(display);
    let address = subject.address.map(|address| display(address.ip()));
    let (reason, limit) = (reason.map(display), details.limit.map(display));
    macro_rules! line {
        ($log:ident) => {
            $log!(
                event = Event::name(event.event()),
                client,
                user_id,
                session_id,
                reason,
                limit,
                email_hash,
                address,
                retry_after_s = details.retry_after_s,
                same_address = details.same_address,
                count = details.count,
                limited = details.limited,
                sessions_ended = details.sessions_ended,
                imported = details.imported,
                already_there = details.already_there,
                rejected = details.rejected,
                name = details.name,
                settings = details.settings,
                problems = details.problems,
                version = details.version,
                "{}",
                event.message()
            )
        };
    }
    match event.level() {
        Level::ERROR => line!(error),
        Level::WARN => line!(warn),
        _ => line!(info),
    }
}
