//! Publication of the security events of requests.

use super::request::record;
use crate::audit::{self, Occurrence, Source};

/// Records the user and the session of an event in the span of the request, and publishes the event.
pub(super) fn publish(source: &Source, occurrence: &Occurrence<'_>) {
    record(occurrence.subject.user_id, occurrence.session_id);
    audit::publish(source, occurrence);
}
