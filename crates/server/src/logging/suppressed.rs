//! The log line about rejections that have no line of their own.

use auth_domain::model::Event;
use tracing::info;

use crate::rejection_sampler::Suppressed;

/// Logs how many rejections of one client and reason were not logged.
pub(super) fn log(Suppressed { key, count }: &Suppressed) {
    let (client, suppressed, reason) = (key.client.as_str(), key.event.name(), key.reason.as_str());
    info!(
        event = Event::RejectionsSuppressed.name(),
        client, suppressed, reason, count, "more rejections than are logged one by one"
    );
}
